namespace MilvusTracing.Benchmarks.Client;

/// <summary>A request to a client process: a line of JSON on its standard input.</summary>
/// <param name="Searches">The number of searches.</param>
/// <param name="Concurrency">The number of searches at a time.</param>
/// <param name="PerTrace">The number of searches in a trace.</param>
internal sealed record SearchRequest(int Searches, int Concurrency = 1, int PerTrace = 100);
