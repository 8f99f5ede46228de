namespace Aspire.Hosting;

/// <summary>How Milvus traces. Read from the configuration section <c>Tracing</c> before code has its say.</summary>
public sealed class MilvusTracingOptions
{
    /// <summary>
    /// Gets or sets the share, from 0 to 1, of the traces that Milvus itself starts and records. 0, the default, loses
    /// nothing: requests of a caller that samples are recorded whole whatever the fraction, and only Milvus's own
    /// background work goes unrecorded.
    /// </summary>
    public double SampleFraction { get; set; }

    internal void Validate()
    {
        if (SampleFraction is not (>= 0 and <= 1))
        {
            throw new DistributedApplicationException(
                FormattableString.Invariant($"Tracing:{nameof(SampleFraction)} is {SampleFraction}; expected a number from 0 to 1."));
        }
    }
}
