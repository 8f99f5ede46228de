using System.Globalization;

namespace MilvusTracing.Worker.Settings;

/// <param name="Passes"><c>Worker:Passes</c>: how many passes to run, failed ones included; 0: until stopped.</param>
/// <param name="Interval"><c>Worker:Interval</c>: from the end of a pass that passed to the start of the next.</param>
/// <param name="JaegerUrl"><c>JAEGER_URL</c>: Jaeger's pages, for links to traces.</param>
internal sealed record WorkerSettings(int Passes, TimeSpan Interval, Uri? JaegerUrl)
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);

    /// <summary>Reads and checks the settings; an empty one counts as not set.</summary>
    /// <exception cref="SettingException">A setting is malformed or out of range.</exception>
    public static WorkerSettings Read(IConfiguration configuration)
        => new(ReadPasses(configuration), ReadInterval(configuration), ReadJaegerUrl(configuration));

    private static int ReadPasses(IConfiguration configuration)
        => !TryGet(configuration, "Worker:Passes", out var text) ? 0
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var passes) ? passes
            : throw new SettingException("Worker:Passes", text, "a whole number, 0 or more, where 0 runs until stopped");

    private static TimeSpan ReadInterval(IConfiguration configuration)
        => !TryGet(configuration, "Worker:Interval", out var text) ? DefaultInterval
            : TryParseInterval(text, out var interval) ? interval
            : throw new SettingException("Worker:Interval", text, "seconds, as 10 or 0.5, or hours, minutes and seconds, as 00:00:10: more than zero and a day at most");

    /// <summary>A bare number is seconds: TimeSpan itself would take it for days.</summary>
    private static bool TryParseInterval(string text, out TimeSpan interval)
    {
        interval = default;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            interval = seconds <= LongestInterval.TotalSeconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
        }
        else if (!TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out interval))
        {
            return false;
        }

        return interval > TimeSpan.Zero && interval <= LongestInterval;
    }

    private static Uri? ReadJaegerUrl(IConfiguration configuration)
        => !TryGet(configuration, "JAEGER_URL", out var text) ? null
            : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
            : throw new SettingException("JAEGER_URL", Credentials.Mask(text), "the address of Jaeger's pages, as http://localhost:16686");

    private static bool TryGet(IConfiguration configuration, string setting, out string value)
        => (value = configuration[setting] ?? "").Length > 0;
}
