using System.Globalization;

namespace Aspire.Hosting;

/// <summary>Which traces tail sampling keeps: each policy adds some, and a trace is kept when any of them wants it.</summary>
/// <example>
/// <code>
/// keep => keep.Errors().SlowerThan(TimeSpan.FromMilliseconds(500)).SampleOneIn(100)
/// </code>
/// </example>
public sealed class TailSamplingPolicies
{
    private readonly Dictionary<string, string> _policies = [];

    /// <summary>Keeps every trace in which a span has the status <c>Error</c>.</summary>
    /// <returns>The same policies.</returns>
    public TailSamplingPolicies Errors() => Keep("errors", "status_code", "status_codes: [ERROR]");

    /// <summary>Keeps every slow trace.</summary>
    /// <param name="duration">From the start of a trace's first span to the end of its last: more than this is slow. At least 1 ms.</param>
    /// <returns>The same policies.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is below 1 ms, or above 24 days.</exception>
    public TailSamplingPolicies SlowerThan(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, TimeSpan.FromMilliseconds(int.MaxValue));
        return Keep("slow", "latency", $"threshold_ms: {(int)duration.TotalMilliseconds}");
    }

    /// <summary>Keeps an even share of the rest.</summary>
    /// <param name="count">Of so many traces one is kept; 1 keeps all.</param>
    /// <returns>The same policies.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    public TailSamplingPolicies SampleOneIn(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var percentage = (100.0 / count).ToString("0.###########", CultureInfo.InvariantCulture);
        return Keep("share", "probabilistic", $"sampling_percentage: {percentage}");
    }

    /// <summary>The policies as YAML on one line.</summary>
    internal string ToYaml() => $"[{string.Join(", ", _policies.Values)}]";

    internal bool IsEmpty => _policies.Count == 0;

    private TailSamplingPolicies Keep(string name, string type, string setting)
    {
        _policies[name] = $"{{name: {name}, type: {type}, {type}: {{{setting}}}}}";
        return this;
    }
}
