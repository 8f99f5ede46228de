using MilvusTracing.Benchmarks;
using MilvusTracing.Benchmarks.Client;

if (args is [SearchClient.Verb, var kind])
{
    await SearchClient.RunAsync(Enum.Parse<ClientKind>(kind));
    return 0;
}

return await BenchCommand.RunAsync(args);
