namespace MilvusTracing.Benchmarks.Client;

/// <summary>The response of a client process: a line of JSON on its standard output.</summary>
/// <param name="Milliseconds">The duration of each search.</param>
/// <param name="Failed">The number of failed searches.</param>
/// <param name="TraceIds">The traces, each with a root span and a span for each search; empty if the client is not traced.</param>
/// <param name="AllocatedBytes">The bytes that the process has allocated since its start.</param>
/// <param name="CpuMicroseconds">The processor time of the process since its start.</param>
internal sealed record SearchResponse(double[] Milliseconds, int Failed, string[] TraceIds, long AllocatedBytes, double CpuMicroseconds)
{
    /// <summary>The number of spans that the process has made.</summary>
    public int Spans => TraceIds.Length > 0 ? TraceIds.Length + Milliseconds.Length : 0;

    public double Percentile(double fraction) => Samples.Percentile([.. Milliseconds.Order()], fraction);
}
