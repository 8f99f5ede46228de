using System.Globalization;

namespace Aspire.Hosting;

/// <summary>The policies of <c>WithTailSampling</c>. Jaeger keeps a trace if at least one policy matches it.</summary>
/// <example>
/// <code>
/// keep => keep.Errors().SlowerThan(TimeSpan.FromMilliseconds(500)).SampleOneIn(100)
/// </code>
/// </example>
[AspireExport(ExposeMethods = true)]
public sealed class TailSamplingPolicies
{
    private readonly Dictionary<string, string> _policies = [];

    /// <summary>Keeps every trace that contains a span with status <c>Error</c>.</summary>
    /// <returns>The same policies, for chaining.</returns>
    public TailSamplingPolicies Errors() => Set("errors", "status_code", "status_codes: [ERROR]");

    /// <summary>Keeps every trace that is slower than a duration.</summary>
    /// <param name="duration">The limit, from the start of the trace's first span to the end of its last: 1 millisecond to 24 days.</param>
    /// <returns>The same policies, for chaining.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is out of this range.</exception>
    public TailSamplingPolicies SlowerThan(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, TimeSpan.FromMilliseconds(int.MaxValue));
        return Set("slow", "latency", $"threshold_ms: {(int)duration.TotalMilliseconds}");
    }

    /// <summary>Keeps a random sample of all traces.</summary>
    /// <param name="count">Keeps one in this many traces, at least 1; 1 keeps all.</param>
    /// <returns>The same policies, for chaining.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is less than 1.</exception>
    public TailSamplingPolicies SampleOneIn(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var percentage = (100.0 / count).ToString("0.###########", CultureInfo.InvariantCulture);
        return Set("share", "probabilistic", $"sampling_percentage: {percentage}");
    }

    /// <summary>The policies as one line of YAML.</summary>
    internal string ToYaml() => $"[{string.Join(", ", _policies.Values)}]";

    internal bool IsEmpty => _policies.Count == 0;

    private TailSamplingPolicies Set(string name, string type, string setting)
    {
        _policies[name] = $"{{name: {name}, type: {type}, {type}: {{{setting}}}}}";
        return this;
    }
}
