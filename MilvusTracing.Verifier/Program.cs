using MilvusTracing.Verifier;

return await MilvusTraceCommand.RunAsync(args, Console.Out, Console.Error);
