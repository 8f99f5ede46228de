// milvus-trace: MilvusTracing.Verification on a terminal, with options, colours and exit codes.
using MilvusTracing.Verifier;

return await MilvusTraceCommand.RunAsync(args, Console.Out, Console.Error);
