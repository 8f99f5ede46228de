using System.Globalization;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>Durations as people read them.</summary>
internal static class Durations
{
    /// <summary>At most seven characters up to a day: <c>870 µs</c>, <c>12.3 ms</c>, <c>1.24 s</c>, <c>12.5 min</c>.</summary>
    public static string Format(TimeSpan duration) => duration switch
    {
        { TotalMicroseconds: < 999.5 } => Number(duration.TotalMicroseconds, "0", "µs"),
        { TotalMilliseconds: < 99.95 } => Number(duration.TotalMilliseconds, "0.0", "ms"),
        { TotalMilliseconds: < 999.5 } => Number(duration.TotalMilliseconds, "0", "ms"),
        { TotalSeconds: < 99.995 } => Number(duration.TotalSeconds, "0.00", "s"),
        _ => Number(duration.TotalMinutes, "0.0", "min"),
    };

    private static string Number(double value, string format, string unit) =>
        value.ToString(format, CultureInfo.InvariantCulture) + " " + unit;
}
