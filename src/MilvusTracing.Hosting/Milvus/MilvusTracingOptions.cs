namespace Aspire.Hosting;

/// <summary>The options of <c>WithTracing</c>, for one Milvus resource.</summary>
[AspireExport(ExposeProperties = true)]
public sealed class MilvusTracingOptions
{
    /// <summary>
    /// Gets or sets the fraction, from 0 to 1, of the traces that Milvus starts itself, for background work, that it records. The
    /// default is 0. Requests of a caller do not depend on it: Milvus records a request if the caller samples it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 0, greater than 1 or not a number.</exception>
    public double SampleFraction
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 0, nameof(SampleFraction));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1, nameof(SampleFraction));
            field = value;
        }
    }
}
