namespace MilvusTracing.Tests.Support;

/// <summary>
/// Tests that run alone, because they use what the whole process shares: environment variables, or gRPC calls, which
/// every instrumented application of the process records.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "Process-wide";
}
