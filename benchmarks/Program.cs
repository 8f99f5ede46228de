using MilvusTracing.Benchmarks;
using MilvusTracing.Benchmarks.Client;

switch (args)
{
    case [SearchClient.TracedVerb]:
        await SearchClient.RunAsync(traced: true);
        return 0;
    case [SearchClient.UntracedVerb]:
        await SearchClient.RunAsync(traced: false);
        return 0;
    default:
        return await BenchCommand.RunAsync(args);
}
