using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>How Milvus traces. Read from <c>Milvus:SampleFraction</c> and <c>Milvus:Logs</c> of the configuration before code has its say.</summary>
public sealed class MilvusTracingOptions
{
    private const string FractionKey = "Milvus:SampleFraction";
    private const string LogsKey = "Milvus:Logs";

    /// <summary>
    /// Gets or sets the share, from 0 to 1, of the traces that Milvus itself starts and records. 0, the default, loses
    /// nothing: requests of a caller that samples are recorded whole whatever the fraction, and only Milvus's own
    /// background work goes unrecorded.
    /// </summary>
    public double SampleFraction { get; set; }

    /// <summary>
    /// Gets or sets which lines of Milvus's log go to the dashboard as structured logs, each beside the trace whose id
    /// it carries. By default the lines that carry one, and warnings and worse. Milvus writes the ids of traces that are
    /// not sampled, too, and a line does not tell which they are.
    /// </summary>
    public MilvusLogSelection Logs { get; set; } = MilvusLogSelection.Warning;

    /// <summary>Reads the options; an empty setting counts as not set.</summary>
    /// <exception cref="DistributedApplicationException">A setting is malformed.</exception>
    internal static MilvusTracingOptions Read(IConfiguration configuration)
    {
        var options = new MilvusTracingOptions();
        if (configuration.Setting(FractionKey) is { } text)
        {
            options.SampleFraction = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)
                ? fraction : throw NoFraction(text);
        }

        if (configuration.Setting(LogsKey) is { } logs)
        {
            options.Logs = logs.All(char.IsAsciiLetter) && Enum.TryParse<MilvusLogSelection>(logs, ignoreCase: true, out var choice)
                ? choice : throw Settings.Malformed(LogsKey, logs, "trace, warning, all or none");
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

    private static DistributedApplicationException NoFraction(string value) => Settings.Malformed(FractionKey, value, "a number from 0 to 1");
}
