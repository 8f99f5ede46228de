using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MilvusTracing.Hosting.Logs;

/// <summary>
/// An entry of Milvus's log. The Go code writes <c>[time] [LEVEL] [file.go:line] ["message"] [key=value]…</c>, and quotes and
/// escapes as JSON does where needed. The same stream has lines of glog (the C++ core) and of JSON loggers (etcd).
/// </summary>
/// <param name="Time">When it was written; null if unknown.</param>
/// <param name="Level">The level, such as <c>WARN</c>; empty if unknown.</param>
/// <param name="Message">The message; the whole text if the format is unknown.</param>
/// <param name="File">The source file; empty if unknown.</param>
/// <param name="Line">The line in that file.</param>
/// <param name="TraceId">The W3C trace id, 32 hex digits; empty if there is none.</param>
/// <param name="Fields">The other fields. A field without a key is a stack trace.</param>
internal sealed partial record MilvusLogEntry(
    DateTimeOffset? Time, string Level, string Message, string File, int Line, string TraceId, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    private const string TraceKey = "traceID";
    private const string TimeFormat = "yyyy/MM/dd HH:mm:ss.fff zzz";

    /// <summary>The severity number of OpenTelemetry's logs data model: 9 is INFO, 13 is WARN, 0 is unknown.</summary>
    public int Severity => Level switch
    {
        "DEBUG" => 5,
        "INFO" => 9,
        "WARN" => 13,
        "ERROR" => 17,
        "PANIC" or "DPANIC" or "FATAL" => 21,
        _ => 0,
    };

    /// <summary>Whether a line is the first line of an entry.</summary>
    public static bool IsStart(string line) => Milvus().IsMatch(line) || Other().IsMatch(line);

    /// <summary>Whether a text starts with the message of a crash, which any lines may follow.</summary>
    public static bool IsCrash(string text) => Crash().IsMatch(text);

    /// <summary>Parses an entry. Text that does not match a format becomes the message.</summary>
    public static MilvusLogEntry Parse(string text)
    {
        var head = Milvus().Match(text);
        if (!head.Success)
        {
            var other = Other().Match(text);
            var level = other.Success ? NormalizeLevel(other.Groups["level"].Value) : IsCrash(text) ? "FATAL" : "";
            return new(null, level, text, "", 0, "", []);
        }

        var time = DateTimeOffset.TryParseExact(
            head.Groups["time"].Value, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed) ? parsed : (DateTimeOffset?)null;
        _ = int.TryParse(head.Groups["line"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var line);
        var entry = new MilvusLogEntry(time, NormalizeLevel(head.Groups["level"].Value), "", head.Groups["file"].Value, line, "", []);

        string? message = null;
        var traceId = "";
        var fields = new List<KeyValuePair<string, string>>();
        if (head.Groups["logger"] is { Success: true } logger)
        {
            fields.Add(new("logger", logger.Value));
        }

        var end = head.Length;
        for (var part = Part().Match(text, end); part.Success; part = Part().Match(text, end))
        {
            end = part.Index + part.Length;
            var key = Unquote(part.Groups["key"].Value);
            var value = Unquote(part.Groups["value"].Value);
            if (message is null && !part.Groups["key"].Success)
            {
                message = value;
            }
            else if (key == TraceKey && traceId.Length == 0 && IsTraceId(value))
            {
                traceId = value;
            }
            else
            {
                fields.Add(new(key.Length == 0 ? "exception.stacktrace" : key, value));
            }
        }

        // Truncated or malformed: keep the text as it is.
        return end == text.Length && message is not null
            ? entry with { Message = message, TraceId = traceId, Fields = fields }
            : entry with { Message = text[head.Length..].TrimStart(), TraceId = traceId };
    }

    /// <summary>Whether a value is a W3C trace id. Milvus also writes internal numbers as <c>traceID</c>.</summary>
    private static bool IsTraceId(string value) => value.Length == 32 && value.All(char.IsAsciiHexDigitLower) && value.Any(c => c != '0');

    private static string NormalizeLevel(string level) => level.ToUpperInvariant() switch
    {
        "D" => "DEBUG",
        "I" => "INFO",
        "W" or "WARNING" => "WARN",
        "E" => "ERROR",
        "F" => "FATAL",
        var other => other,
    };

    private static string Unquote(string text)
    {
        if (text is not ['"', .., '"'])
        {
            return text;
        }

        if (!text.Contains('\\'))
        {
            return text[1..^1];
        }

        try
        {
            return JsonSerializer.Deserialize<string>(text)!;
        }
        catch (JsonException)
        {
            return text[1..^1];
        }
    }

    // The name of the logger may be between level and caller.
    [GeneratedRegex("""^\[(?<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d\d:\d\d)\] \[(?<level>[A-Z]+)\](?: \[(?<logger>[^\]:= ]*)\])? \[(?<file>[^\]= ]*):(?<line>\d+)\]""", RegexOptions.CultureInvariant)]
    private static partial Regex Milvus();

    [GeneratedRegex("""\G \[(?:(?<key>"(?>(?:[^"\\]|\\.)*)"|[^"=\]]*)=)?(?<value>"(?>(?:[^"\\]|\\.)*)"|[^\]]*)\]""", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Part();

    [GeneratedRegex("""^(?:\{"level":"(?<level>[a-z]+)"|(?<level>[IWEF])\d{4}(?:\d{4})? \d\d:\d\d:\d\d)""", RegexOptions.CultureInvariant)]
    private static partial Regex Other();

    [GeneratedRegex("""^(?:panic: |fatal error: |SIG[A-Z]+: |unexpected fault address |goroutine \d+ \[|terminate called |\*\*\* )""", RegexOptions.CultureInvariant)]
    private static partial Regex Crash();
}
