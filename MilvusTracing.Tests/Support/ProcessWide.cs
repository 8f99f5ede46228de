namespace MilvusTracing.Tests.Support;

/// <summary>
/// Tests of what belongs to the whole process, such as environment variables, or gRPC calls that every instrumented
/// application of the process records: no other test runs beside them.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "Process-wide";
}
