using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MilvusTracing.Emulator.Tracing;

/// <summary>
/// Writes log lines in Milvus's format: <c>[time] [LEVEL] [file:line] [message] [traceID=…] [key=value]…</c>. Text with
/// spaces or special characters is quoted.
/// </summary>
internal sealed class MilvusLog(TextWriter output)
{
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter _output = TextWriter.Synchronized(output);

    /// <param name="level">INFO or WARN.</param>
    /// <param name="message">The message.</param>
    /// <param name="span">The current span, whose trace ID the line contains; null for none.</param>
    /// <param name="fields">Further fields.</param>
    /// <param name="file">The source file of the caller.</param>
    /// <param name="line">The line of the caller.</param>
    public void Write(
        string level, string message, Activity? span, (string Key, object Value)[] fields,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var now = DateTimeOffset.UtcNow.ToString("yyyy/MM/dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture);
        var text = $"[{now}] [{level}] [{string.Join('/', file.Split('/', '\\')[^2..])}:{line}] [{Quoted(message)}]";
        if (span is not null)
        {
            text += $" [traceID={span.TraceId}]";
        }

        foreach (var (key, value) in fields)
        {
            text += $" [{key}={Quoted($"{value}")}]";
        }

        _output.WriteLine(text);
    }

    private static string Quoted(string text) =>
        text.Any(c => c is <= ' ' or '"' or '\\' or '[' or ']' or '=') ? JsonSerializer.Serialize(text, Unescaped) : text;
}
