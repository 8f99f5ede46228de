using MilvusTracing.Local;

return await LocalCommand.RunAsync(args);
