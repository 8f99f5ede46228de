using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MilvusTracing.Hosting.Logs;

/// <summary>
/// Parses the log formats that a Milvus process, 2.3 to 3.0, writes to its output: zap's text and JSON formats (Milvus, etcd,
/// woodpecker), the request lines of its REST server, glog (the C++ core), env_logger (Rust), the error messages of
/// OpenTelemetry's Go and C++ SDKs, and crash reports of Go, C++ and Rust.
/// </summary>
internal static partial class MilvusLogParser
{
    private const string Time = @"\d{4}/\d\d/\d\d\ \d\d:\d\d:\d\d";
    private const string Source = @"(?<file>[^\s=\]]+):(?<line>\d{1,9})";

    /// <summary>A string with JSON's escapes. Milvus's text encoder quotes text with spaces, quotes, brackets, backslashes or equals signs.</summary>
    private const string Quoted = """
        "(?>(?:\\.|[^"\\])*)"
        """;

    private const string Value = $"""(?:{Quoted}|[^\]="]*)""";
    private const string Key = $"""(?<key>{Quoted}|[^="\[\],][^=\[\]]*)=""";

    /// <summary>Whether a line is the first line of an entry in a known format.</summary>
    public static bool IsStart(string line) => Start().IsMatch(line);

    /// <summary>Whether a line starts a crash report, so that lines in any format may follow.</summary>
    public static bool IsCrash(string line) => LevelOf(line, Start().Match(line)) is "FATAL" or "PANIC" or "DPANIC";

    /// <summary>Whether an entry is below WARN and cannot have a trace id. Most entries are such, and need not be parsed.</summary>
    public static bool IsRoutine(string text) => LevelOf(text, Start().Match(text)) is "INFO" or "DEBUG" or "TRACE" && !TraceId().IsMatch(text);

    /// <summary>Parses an entry. Text in an unknown format becomes the message.</summary>
    public static MilvusLogEntry Parse(string text)
    {
        if (Request().Match(text) is { Success: true } request)
        {
            return ParseRequest(request);
        }

        // The other formats are of one line. The lines after it belong to the message.
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var line = end < 0 ? text : text[..end];
        var start = Start().Match(line);
        var unparsed = new MilvusLogEntry(line) { Level = LevelOf(line, start) };
        var entry = start.Groups["level"].Success ? (line[0] == '{' ? ParseJson(line, unparsed.Level) : ParseText(line, start, unparsed.Level)) : null;
        entry ??= unparsed;
        return end < 0 ? entry : entry with { Message = entry.Message + text[end..] };
    }

    private static string LevelOf(string text, Match start) => start.Groups["level"].Value.ToUpperInvariant() switch
    {
        "I" => "INFO",
        "W" or "WARNING" => "WARN",
        "E" or "TRACES EXPORT: " or "FAILED TO UPLOAD TRACES" or "POST \"" => "ERROR",
        "F" => "FATAL",
        "" when !start.Success && Crash().IsMatch(text) => "FATAL",
        var level => level,
    };

    /// <returns>The entry; null if it is malformed.</returns>
    private static MilvusLogEntry? ParseText(string line, Match start, string level)
    {
        var time = ParseTime(start.Groups["time"].Value);
        var header = Header().Match(line, start.Length);
        if (!header.Success || (time is null && start.Groups["time"].Success))
        {
            return null;
        }

        List<KeyValuePair<string, string>> fields = header.Groups["logger"] is { Success: true } logger ? [new("logger", logger.Value)] : [];
        var end = header.Index + header.Length;
        foreach (Match field in Field().Matches(line, end))
        {
            var key = field.Groups["key"];
            fields.Add(new(key.Success ? Unquote(key.Value) : "exception.stacktrace", Unquote(field.Groups["value"].Value)));
            end = field.Index + field.Length;
        }

        // If the line is truncated or malformed, its end is in no field.
        string[] message = [header.Groups["message"].Value + Unquote(header.Groups["quoted"].Value), line[end..].Trim()];
        var entry = new MilvusLogEntry(string.Join(' ', message.Where(part => part.Length > 0))) { Time = time, Level = level };
        return WithCoreMessage(WithSource(entry, header)).With(fields);
    }

    /// <summary>zap's JSON: <c>time</c> and <c>message</c> in Milvus, <c>ts</c> and <c>msg</c> in etcd. The level is the first property.</summary>
    /// <returns>The entry; null if it is malformed.</returns>
    private static MilvusLogEntry? ParseJson(string line, string level)
    {
        var entry = new MilvusLogEntry("") { Level = level };
        try
        {
            using var document = JsonDocument.Parse(line);
            var fields = new List<KeyValuePair<string, string>>();
            foreach (var property in document.RootElement.EnumerateObject().Skip(1))
            {
                var value = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText();
                switch (property.Name)
                {
                    case "time" or "ts" when entry.Time is null && ParseTime(value) is { } time:
                        entry = entry with { Time = time };
                        break;
                    case "caller" when entry.File.Length == 0 && Caller().Match(value) is { Success: true } source:
                        entry = WithSource(entry, source);
                        break;
                    case "message" or "msg" when entry.Message.Length == 0:
                        entry = entry with { Message = value };
                        break;
                    default:
                        fields.Add(new(property.Name == "name" && entry.File.Length == 0 ? "logger" : property.Name, value));
                        break;
                }
            }

            return WithCoreMessage(entry).With(fields);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Truncated, or text that is not valid Unicode.
            return null;
        }
    }

    private static MilvusLogEntry ParseRequest(Match request)
    {
        string Group(string name) => request.Groups[name].Value.Trim();
        return new MilvusLogEntry($"{Group("method")} {Group("path")}")
        {
            Time = ParseTime(Group("time")),
            Level = int.Parse(Group("code"), CultureInfo.InvariantCulture) >= 500 ? "ERROR" : "INFO",
        }.With([.. from name in (string[])["traceID", "code", "latency", "client", "method", "error"] select KeyValuePair.Create(name, Group(name))]);
    }

    /// <summary>The C++ core's messages: <c>[SERVER][function][thread][trace id]message</c>. Before Milvus 2.5 there is no trace id.</summary>
    private static MilvusLogEntry WithCoreMessage(MilvusLogEntry entry) => CoreMessage().Match(entry.Message) is not { Success: true } match
        ? entry
        : (entry with { Message = match.Groups["message"].Value }).With(
        [
            new("module", match.Groups["module"].Value),
            new("code.function.name", match.Groups["function"].Value),
            new("thread.name", match.Groups["thread"].Value),
            new("traceID", match.Groups["trace"].Value),
        ]);

    private static MilvusLogEntry WithSource(MilvusLogEntry entry, Match match) => match.Groups["line"] is { Success: true } line
        ? entry with { File = match.Groups["file"].Value, Line = int.Parse(line.Value, CultureInfo.InvariantCulture) }
        : entry;

    /// <summary>Parses a date and time, or seconds since 1970 (zap's default in JSON).</summary>
    private static DateTimeOffset? ParseTime(string text) =>
        text is [_, _, _, _, '-' or '/', ..]
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e11
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
        : null;

    private static string Unquote(string text)
    {
        try
        {
            return text is not ['"', .., '"'] ? text
                : text.Contains('\\', StringComparison.Ordinal) ? JsonSerializer.Deserialize<string>(text)! : text[1..^1];
        }
        catch (JsonException)
        {
            return text[1..^1];
        }
    }

    // The start of an entry: of zap's text and JSON formats, env_logger, OpenTelemetry's C++ SDK, glog, the OTLP exporters of
    // OpenTelemetry's Go SDK and its former Jaeger exporter; at last, of other lines with a time.
    [GeneratedRegex(
        $$"""
        ^(?:\[(?<time>{{Time}}[^\]]*)\]\ \[(?<level>(?i:TRACE|DEBUG|INFO|WARN|ERROR|D?PANIC|FATAL))\]
        |\{"level":"(?<level>(?i:TRACE|DEBUG|INFO|WARN|ERROR|D?PANIC|FATAL)?)
        |\[(?<time>[\d-]+T[\d:.]+Z?)\ (?<level>TRACE|DEBUG|INFO|WARN|ERROR)
        |\[(?<level>Error|Warning)\]\ File:
        |(?<level>[IWEF])(?:\d{4}){1,2}\ \d\d:\d\d:\d\d[\d.]*\ +\d+
        |{{Time}}\ (?=(?<level>traces\ export:\ |failed\ to\ upload\ traces|Post\ "))
        |\[?{{Time}})
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Start();

    // What follows: in zap's text format logger, source and message; otherwise source or logger, and the message.
    [GeneratedRegex(
        $$"""
        \G(?:(?=\ \[|$)(?:\ \[(?!{{Source}}\])(?<logger>[^\]="]*)\](?=\ \[{{Value}}\]))?(?:\ \[{{Source}}\])?(?:\ \[(?<quoted>{{Value}})\])?
        |\ {{Source}}\]?\ ?(?<message>.*)
        |\ +(?<logger>[^\]]*)\]\ ?(?<message>.*)
        |(?<message>[^\ ].*))
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Header();

    // A field of zap's text format: [key=value], or [value] for a stack trace. Woodpecker also writes [key=value,key=value], and
    // key=value,key=value without brackets.
    [GeneratedRegex(
        $$"""
        \G[ ,](?:\[(?<value>{{Value}})\]|(?<open>\[)?{{Key}}(?<value>{{Quoted}}(?=[\],]|\ \[|$)|[^\]]*?)
        (?:\]|(?=,[^,=\]]+=)|(?(open)(?!)|(?=\ \[|$))))
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Field();

    [GeneratedRegex(
        $$"""
        ^\[(?<time>{{Time}}[^\]]*)\]\ \[GIN\]\ \[(?<path>.*?)\]\ \[traceID=(?<traceID>[^\]]*)\]\ \[code=\ *(?<code>\d{1,9})\]
        \ \[latency=(?<latency>[^\]]*)\]\ \[client=(?<client>[^\]]*)\]\ \[method=(?<method>[^\]]*)\]\ \[error=(?<error>.*)\]\s*$
        """,
        RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Request();

    [GeneratedRegex(
        @"^\[(?<module>[A-Z]+)\]\[(?<function>[^\]]*)\]\[(?<thread>[^\]]*)\](?:\[(?:0*|(?<trace>[0-9a-f]{32}))\])? ?(?<message>.*)$",
        RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex CoreMessage();

    [GeneratedRegex($"^{Source}$", RegexOptions.CultureInvariant)]
    private static partial Regex Caller();

    [GeneratedRegex("[0-9a-f]{32}", RegexOptions.CultureInvariant)]
    private static partial Regex TraceId();

    // The first lines of Go's runtime, of Milvus's signal handler, of glog and the C++ runtime, and of Rust's.
    [GeneratedRegex(
        """
        ^(?:panic:\ |fatal\ error:\ |unexpected\ fault\ address\ |SIG[A-Z]+:\ |goroutine\ \d+\ \[
        |SIGNAL\ CATCH\ BY\ NON-GO\ SIGNAL\ HANDLER
        |terminate\ called\ |\*\*\*[ ]
        |fatal\ runtime\ error:\ |thread\ '.*'\ (?:\(\d+\)\ )?panicked\ at\ )
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Crash();
}
