// milvus-trace: MilvusTracing.Verification on a terminal, with options, colors and exit codes.
using MilvusTracing.Cli;

return await MilvusTraceCommand.RunAsync(args, Console.Out, Console.Error);
