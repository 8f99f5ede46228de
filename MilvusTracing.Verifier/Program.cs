using MilvusTracing.Verifier.CommandLine;

return await VerifyCommand.RunAsync(args, Console.Out, Console.Error);
