using System.Globalization;
using Microsoft.Extensions.Configuration;

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

    /// <summary>Reads the options; an empty setting counts as not set.</summary>
    /// <exception cref="DistributedApplicationException">A setting is malformed.</exception>
    internal static MilvusTracingOptions Read(IConfiguration configuration)
    {
        var options = new MilvusTracingOptions();
        if (configuration[$"Tracing:{nameof(SampleFraction)}"] is { Length: > 0 } text)
        {
            options.SampleFraction = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)
                ? fraction : throw NoFraction(text);
        }

        return options;
    }

    internal void Validate()
    {
        if (SampleFraction is not (>= 0 and <= 1))
        {
            throw NoFraction(SampleFraction.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static DistributedApplicationException NoFraction(string value) =>
        new($"Tracing:{nameof(SampleFraction)} is {value}; expected a number from 0 to 1.");
}
