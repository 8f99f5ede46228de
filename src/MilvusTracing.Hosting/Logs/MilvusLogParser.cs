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
    private enum LogFormat
    {
        Unknown,
        ZapText,
        ZapJson,
        Glog,
        EnvLogger,
        GoLog,
        OpenTelemetryCpp,
    }

    /// <summary>Whether a line is the first line of an entry in a known format.</summary>
    public static bool IsStart(ReadOnlySpan<char> line) => FormatOf(line) != LogFormat.Unknown;

    /// <summary>Whether a line starts a crash report, so that lines in any format may follow.</summary>
    public static bool IsCrash(ReadOnlySpan<char> line) =>
        LevelOf(line) is "FATAL" or "PANIC" or "DPANIC" || (FormatOf(line) == LogFormat.Unknown && Crash().IsMatch(line));

    /// <summary>Whether the level at the start of an entry is below WARN. Reads a few characters only.</summary>
    public static bool IsBelowWarning(ReadOnlySpan<char> text) => LevelOf(text) is "INFO" or "DEBUG" or "TRACE";

    /// <summary>Whether a text has a run of 32 hex digits, as every trace id is, in any format.</summary>
    public static bool MayHaveTraceId(ReadOnlySpan<char> text)
    {
        // Such a run covers one of every 32 positions, so the others need not be checked.
        for (var i = 31; i < text.Length; i += 32)
        {
            if (!char.IsAsciiHexDigitLower(text[i]))
            {
                continue;
            }

            var (start, end) = (i, i + 1);
            while (start > 0 && char.IsAsciiHexDigitLower(text[start - 1]))
            {
                start--;
            }

            while (end < text.Length && char.IsAsciiHexDigitLower(text[end]))
            {
                end++;
            }

            if (end - start >= 32)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Parses an entry. Text in an unknown format becomes the message.</summary>
    public static MilvusLogEntry Parse(string text)
    {
        if (Gin().Match(text) is { Success: true } request)
        {
            return ParseGin(request);
        }

        // The other formats are of one line. The lines after it belong to the message.
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var line = end < 0 ? text : text[..end];
        var entry = FormatOf(line) switch
        {
            LogFormat.ZapText => ParseZapText(line),
            LogFormat.ZapJson => ParseJson(line),
            LogFormat.Glog => ParseGlog(line),
            LogFormat.EnvLogger => ParseEnvLogger(line),
            LogFormat.OpenTelemetryCpp => ParseOpenTelemetryCpp(line),
            LogFormat.GoLog => ParseGoLog(line),
            _ => new(line) { Level = Crash().IsMatch(line) ? "FATAL" : "" },
        };
        return end < 0 ? entry : entry with { Message = entry.Message + text[end..] };
    }

    private static LogFormat FormatOf(ReadOnlySpan<char> line) => line switch
    {
        ['[', ..] when HasLayout(line, "[0000/00/00 00:00:00") => LogFormat.ZapText,
        ['[', ..] when HasLayout(line, "[0000-00-00T00:00:00") => LogFormat.EnvLogger,
        ['[', ..] when line.StartsWith("[Error] File: ") || line.StartsWith("[Warning] File: ") => LogFormat.OpenTelemetryCpp,
        ['{', ..] when line.StartsWith("{\"level\":\"") => LogFormat.ZapJson,
        ['I' or 'W' or 'E' or 'F', ..] when HasLayout(line[1..], "00000000 00:00:00") || HasLayout(line[1..], "0000 00:00:00") => LogFormat.Glog,
        [>= '0' and <= '9', ..] when HasLayout(line, "0000/00/00 00:00:00 ") => LogFormat.GoLog,
        _ => LogFormat.Unknown,
    };

    /// <summary>Whether a text starts with a layout, in which 0 stands for any digit.</summary>
    private static bool HasLayout(ReadOnlySpan<char> text, ReadOnlySpan<char> layout)
    {
        if (text.Length < layout.Length)
        {
            return false;
        }

        for (var i = 0; i < layout.Length; i++)
        {
            if (layout[i] == '0' ? !char.IsAsciiDigit(text[i]) : text[i] != layout[i])
            {
                return false;
            }
        }

        return true;
    }

    private static string LevelOf(ReadOnlySpan<char> line) => FormatOf(line) switch
    {
        LogFormat.ZapText => NormalizeLevel(Between(line, "] [", ']')),
        LogFormat.ZapJson => NormalizeLevel(Between(line, "{\"level\":\"", '"')),
        LogFormat.Glog => NormalizeLevel(line[..1]),
        _ => "",
    };

    private static ReadOnlySpan<char> Between(ReadOnlySpan<char> text, ReadOnlySpan<char> start, char end)
    {
        var from = text.IndexOf(start);
        var rest = from < 0 ? [] : text[(from + start.Length)..];
        return rest.IndexOf(end) is >= 0 and var length ? rest[..length] : [];
    }

    private static string NormalizeLevel(ReadOnlySpan<char> level) => level switch
    {
        "INFO" or "info" or "I" => "INFO",
        "DEBUG" or "debug" => "DEBUG",
        "TRACE" => "TRACE",
        "WARN" or "warn" or "Warning" or "W" => "WARN",
        "ERROR" or "error" or "Error" or "E" => "ERROR",
        "FATAL" or "fatal" or "F" => "FATAL",
        "PANIC" or "panic" => "PANIC",
        "DPANIC" or "dpanic" => "DPANIC",
        _ => "",
    };

    /// <summary><c>[time] [LEVEL] [logger] [file.go:1] ["message"] [key=value]…</c>; the logger and the source are optional.</summary>
    private static MilvusLogEntry ParseZapText(string line)
    {
        var reader = new ZapTextReader(line);
        var parts = new List<KeyValuePair<string, string>>();
        while (reader.TryRead(parts))
        {
        }

        if (parts.Count < 2 || parts[0].Key.Length + parts[1].Key.Length > 0
            || ParseTime(parts[0].Value) is not { } time || NormalizeLevel(parts[1].Value) is not { Length: > 0 } level)
        {
            return new(line) { Level = LevelOf(line) };
        }

        var entry = new MilvusLogEntry("") { Time = time, Level = level };
        var next = 2;
        var fields = new List<KeyValuePair<string, string>>();
        var logger = "";
        if (IsValue(next) && IsValue(next + 1) && !IsSource(next))
        {
            logger = parts[next++].Value;
            fields.Add(new("logger", logger));
        }

        if (IsSource(next))
        {
            entry = WithSource(entry, parts[next++].Value);
        }

        var message = IsValue(next) ? parts[next++].Value : "";
        entry = logger == "CGO" ? WithCoreMessage(entry, message) : entry with { Message = message };
        fields.AddRange(parts.Skip(next).Select(part => part.Key.Length > 0 ? part : new("exception.stacktrace", part.Value)));

        // If the line is truncated or malformed, its end is in no part.
        entry = entry with { Message = string.Join(' ', new[] { entry.Message, reader.Rest.Trim().ToString() }.Where(text => text.Length > 0)) };
        return entry.With(fields);

        bool IsValue(int index) => index < parts.Count && parts[index].Key.Length == 0;
        bool IsSource(int index) => IsValue(index) && Source().IsMatch(parts[index].Value);
    }

    /// <summary>zap's JSON: <c>time</c> and <c>message</c> in Milvus, <c>ts</c> and <c>msg</c> in etcd.</summary>
    private static MilvusLogEntry ParseJson(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var entry = new MilvusLogEntry("");
            var fields = new List<KeyValuePair<string, string>>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                var value = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText();
                switch (property.Name)
                {
                    case "level" when entry.Level.Length == 0:
                        entry = entry with { Level = NormalizeLevel(value) };
                        break;
                    case "time" or "ts" when entry.Time is null && ParseTime(value) is { } time:
                        entry = entry with { Time = time };
                        break;
                    case "caller" when entry.File.Length == 0 && Source().IsMatch(value):
                        entry = WithSource(entry, value);
                        break;
                    case "message" or "msg" when entry.Message.Length == 0:
                        entry = entry with { Message = value };
                        break;
                    default:
                        fields.Add(new(property.Name == "name" && entry.File.Length == 0 ? "logger" : property.Name, value));
                        break;
                }
            }

            return (fields.Contains(new("logger", "CGO")) ? WithCoreMessage(entry, entry.Message) : entry).With(fields);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Truncated, or text that is not valid Unicode.
            return new(line) { Level = LevelOf(line) };
        }
    }

    private static MilvusLogEntry ParseGin(Match request)
    {
        string Group(string name) => request.Groups[name].Value;
        var code = int.Parse(Group("code"), CultureInfo.InvariantCulture);
        var entry = new MilvusLogEntry($"{Group("method")} {Group("path")}")
        {
            Time = ParseTime(Group("time")),
            Level = code >= 500 ? "ERROR" : "INFO",
        };
        return entry.With(
        [
            .. from name in (string[])["traceID", "code", "latency", "client", "method", "error"]
               let value = Group(name).Trim()
               where name != "traceID" || value.Length > 0
               select new KeyValuePair<string, string>(name, value),
        ]);
    }

    /// <summary><c>I20261129 10:00:00.000000 123 file.cpp:1] message</c>. The time has no zone, so it is not used.</summary>
    private static MilvusLogEntry ParseGlog(string line)
    {
        if (Glog().Match(line) is not { Success: true } match)
        {
            return new(line) { Level = LevelOf(line) };
        }

        var entry = WithSource(new("") { Level = LevelOf(line) }, match.Groups["source"].Value);
        return WithCoreMessage(entry, match.Groups["message"].Value);
    }

    /// <summary>The C++ core's messages: <c>[SERVER][function][thread][trace id]message</c>. Before Milvus 2.5 there is no trace id.</summary>
    private static MilvusLogEntry WithCoreMessage(MilvusLogEntry entry, string message)
    {
        if (CoreMessage().Match(message) is not { Success: true } match)
        {
            return entry with { Message = message };
        }

        return (entry with { Message = match.Groups["message"].Value }).With(
        [
            new("module", match.Groups["module"].Value),
            new("code.function.name", match.Groups["function"].Value),
            new("thread.name", match.Groups["thread"].Value),
            .. match.Groups["trace"].Value is { Length: 32 } trace ? [new("traceID", trace)] : Array.Empty<KeyValuePair<string, string>>(),
        ]);
    }

    private static MilvusLogEntry ParseEnvLogger(string line) =>
        EnvLogger().Match(line) is { Success: true } match
            ? new(match.Groups["message"].Value)
            {
                Time = ParseTime(match.Groups["time"].Value),
                Level = match.Groups["level"].Value,
                Fields = [new("logger", match.Groups["logger"].Value)],
            }
            : new(line);

    /// <summary>The lines of Go's own logger have no level. Those of OpenTelemetry's SDK are errors.</summary>
    private static MilvusLogEntry ParseGoLog(string line) =>
        GoExportError().Match(line) is { Success: true } match ? new(match.Groups["message"].Value) { Level = "ERROR" } : new(line);

    private static MilvusLogEntry ParseOpenTelemetryCpp(string line) =>
        OpenTelemetryCpp().Match(line) is { Success: true } match
            ? WithSource(new(match.Groups["message"].Value) { Level = NormalizeLevel(match.Groups["level"].Value) }, match.Groups["source"].Value)
            : new(line) { Level = "ERROR" };

    /// <param name="entry">The entry.</param>
    /// <param name="source">The source as <c>file:line</c>.</param>
    private static MilvusLogEntry WithSource(MilvusLogEntry entry, string source)
    {
        var colon = source.LastIndexOf(':');
        return int.TryParse(source.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? entry with { File = source[..colon], Line = number } : entry with { File = source };
    }

    /// <summary>Parses the times of Milvus and of its REST server, ISO 8601, and seconds since 1970 (zap's default in JSON).</summary>
    private static DateTimeOffset? ParseTime(string text)
    {
        if (DateTimeOffset.TryParseExact(text, "yyyy/MM/dd HH:mm:ss.fff K", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            || (text is [_, _, _, _, '-', ..] && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)))
        {
            return time;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e11
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;
    }

    [GeneratedRegex(@"^[^\s=]+:\d+$", RegexOptions.CultureInvariant)]
    private static partial Regex Source();

    [GeneratedRegex("""
        ^\[(?<time>\d[^\]]*)\]\ \[GIN\]\ \[(?<path>.*?)\]\ \[traceID=(?<traceID>[^\]]*)\]\ \[code=\ *(?<code>\d{1,9})\]
        \ \[latency=(?<latency>[^\]]*)\]\ \[client=(?<client>[^\]]*)\]\ \[method=(?<method>[^\]]*)\]\ \[error=(?<error>.*)\]\s*$
        """, RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Gin();

    [GeneratedRegex(@"^[IWEF]\d+ [\d:.]+ +\d+ (?<source>[^\]]+:\d+)\] ?(?<message>.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Glog();

    [GeneratedRegex(
        @"^\[(?<module>[A-Z]+)\]\[(?<function>[^\]]*)\]\[(?<thread>[^\]]*)\](?:\[(?<trace>[0-9a-f]{32}|0*)\])? ?(?<message>.*)$",
        RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex CoreMessage();

    [GeneratedRegex(
        @"^\[(?<time>[^ \]]+) (?<level>ERROR|WARN|INFO|DEBUG|TRACE) +(?<logger>[^\]]*)\] ?(?<message>.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex EnvLogger();

    [GeneratedRegex(@"^\[(?<level>[A-Za-z]+)\] File: (?<source>.+?:\d+) ?(?<message>.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex OpenTelemetryCpp();

    // The OTLP exporters of OpenTelemetry's Go SDK, and its former Jaeger exporter.
    [GeneratedRegex("""^[\d/]+ [\d:]+ (?<message>(?:traces export: |failed to upload traces|Post ").*)$""", RegexOptions.CultureInvariant)]
    private static partial Regex GoExportError();

    // The first lines of Go's runtime, of Milvus's signal handler, of glog and the C++ runtime, and of Rust's.
    [GeneratedRegex("""
        ^(?:panic:\ |fatal\ error:\ |unexpected\ fault\ address\ |SIG[A-Z]+:\ |goroutine\ \d+\ \[
        |SIGNAL\ CATCH\ BY\ NON-GO\ SIGNAL\ HANDLER
        |terminate\ called\ |\*\*\*[ ]
        |fatal\ runtime\ error:\ |thread\ '.*'\ (?:\(\d+\)\ )?panicked\ at\ )
        """, RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Crash();
}
