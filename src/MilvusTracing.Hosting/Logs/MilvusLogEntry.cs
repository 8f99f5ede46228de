namespace MilvusTracing.Hosting.Logs;

/// <summary>An entry of Milvus's log.</summary>
/// <param name="Message">The message; the whole text if the format is unknown.</param>
internal sealed record MilvusLogEntry(string Message)
{
    /// <summary>When it was written; null if unknown.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>The level in capitals, such as <c>WARN</c>; empty if unknown.</summary>
    public string Level { get; init; } = "";

    /// <summary>The source file; empty if unknown.</summary>
    public string File { get; init; } = "";

    /// <summary>The line in the source file.</summary>
    public int Line { get; init; }

    /// <summary>The W3C trace id, 32 hex digits; empty if there is none.</summary>
    public string TraceId { get; init; } = "";

    /// <summary>The W3C span id, 16 hex digits; empty if there is none. Milvus 3.0 writes it.</summary>
    public string SpanId { get; init; } = "";

    /// <summary>The other fields, in the order of the log.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>The severity number of OpenTelemetry's logs data model: 9 is INFO, 13 is WARN, 0 is unknown.</summary>
    public int Severity => Level switch
    {
        "TRACE" => 1,
        "DEBUG" => 5,
        "INFO" => 9,
        "WARN" => 13,
        "ERROR" => 17,
        "PANIC" or "DPANIC" or "FATAL" => 21,
        _ => 0,
    };

    /// <summary>Whether the process ends with this entry, by a panic, a signal or an abort.</summary>
    public bool IsFatal => Severity >= 21;

    /// <summary>
    /// Adds fields. A W3C trace id or span id becomes <see cref="TraceId"/> or <see cref="SpanId"/>; Milvus also writes internal
    /// numbers under these names, which stay fields.
    /// </summary>
    public MilvusLogEntry With(IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        var traceId = TraceId.Length > 0 ? TraceId : IdOf("traceID", "trace_id", 32);
        var spanId = SpanId.Length > 0 ? SpanId : IdOf("spanID", "span_id", 16);
        return this with
        {
            TraceId = traceId,
            SpanId = spanId,
            Fields =
            [
                .. Fields,
                .. fields.Where(field => !(field.Key is "traceID" or "trace_id" && field.Value == traceId)
                    && !(field.Key is "spanID" or "span_id" && field.Value == spanId)),
            ],
        };

        string IdOf(string name, string otherName, int length) =>
            fields.FirstOrDefault(field => (field.Key == name || field.Key == otherName) && IsId(field.Value, length)).Value ?? "";
    }

    private static bool IsId(string value, int length) =>
        value.Length == length && value.All(char.IsAsciiHexDigitLower) && value.Any(digit => digit != '0');
}
