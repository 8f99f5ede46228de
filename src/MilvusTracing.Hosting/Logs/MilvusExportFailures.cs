using System.Text.RegularExpressions;
using MilvusTracing.Verification;

namespace MilvusTracing.Hosting.Logs;

/// <summary>Keeps the last error that a Milvus resource logged about the export of its spans.</summary>
internal sealed class MilvusExportFailures
{
    private static readonly TimeSpan ReasonLifetime = TimeSpan.FromMinutes(1);

    private MilvusExportFailure? _last;

    /// <summary>The last failure; null if there was none.</summary>
    public MilvusExportFailure? Last => Volatile.Read(ref _last);

    /// <summary>Records a failure. A timeout after an error with a known reason is taken to have the same reason.</summary>
    public void Add(MilvusExportFailure failure) =>
        Volatile.Write(
            ref _last,
            Last is { HasKnownReason: true } last && !failure.HasKnownReason && failure.Time - last.Time < ReasonLifetime
                ? last with { Time = failure.Time } : failure);
}

/// <summary>An error that Milvus logged about the export of its spans.</summary>
/// <param name="Line">The line of the log.</param>
/// <param name="Time">When it was logged.</param>
internal sealed partial record MilvusExportFailure(string Line, DateTimeOffset Time)
{
    private const string UnreachableFix =
        "Milvus cannot reach the collector at trace.otlp.endpoint. Check that the collector runs, and that the address is right from "
        + "Milvus's point of view: in a container, localhost is the container itself.";

    private const string UnknownReasonFix = "Check trace.exporter and trace.otlp.* in Milvus's configuration.";

    /// <summary>What to do, by a part of the error message; the first match applies.</summary>
    private static readonly (string[] Parts, string Fix)[] Fixes =
    [
        (["too many colons in address", "first path segment in URL cannot contain colon", "lookup http:", "lookup http on", "lookup https"],
            "trace.otlp.endpoint takes host:port, without a scheme: jaeger:4317 instead of http://jaeger:4317."),
        (["init segcore tracing timeout"],
            "The collector did not answer while Milvus started. Start the collector before Milvus, or raise trace.initTimeoutSeconds."),
        (["TLS handshake", "authentication handshake failed", "certificate", "WRONG_VERSION_NUMBER", "HTTP response to HTTPS client"],
            "Set trace.otlp.secure to false if the collector has no TLS. If it has TLS, Milvus must trust its certificate."),
        (["unexpected HTTP status", "reading server preface", "frame too large", "malformed HTTP", "Unimplemented", "404 Not Found"],
            "Another protocol is spoken at trace.otlp.endpoint. Use port 4317 with trace.otlp.method grpc, or port 4318 with http."),
        (["Unauthenticated", "PermissionDenied", "PERMISSION_DENIED", "401 Unauthorized", "403 Forbidden"],
            "The collector rejects Milvus's credentials. Set trace.otlp.headers (Milvus 2.6) or OTEL_EXPORTER_OTLP_HEADERS."),
        (["unsupported trace exporter", "otlp method not supported"],
            "Set trace.exporter to otlp, and trace.otlp.method to grpc or http."),
        (["unavailable", "connection refused", "no such host", "failed to connect", "dns", "deadline exceeded", "deadline_exceeded",
            "i/o timeout", "dial tcp"], UnreachableFix),
        ([""], UnknownReasonFix),
    ];

    /// <summary>Whether the message tells more than that the collector cannot be reached.</summary>
    public bool HasKnownReason => Fix is not (UnreachableFix or UnknownReasonFix);

    private string Fix => Fixes.First(fix => fix.Parts.Any(part => Line.Contains(part, StringComparison.OrdinalIgnoreCase))).Fix;

    /// <summary>Whether an entry is an export error of OpenTelemetry's Go or C++ SDK, or of Milvus's setup of them.</summary>
    public static bool IsExportFailure(MilvusLogEntry entry) =>
        entry.Severity >= 13 && (ExportErrors().IsMatch(entry.Message) || entry.File.Contains("/otlp", StringComparison.Ordinal));

    /// <summary>The cause of missing spans for the verify command.</summary>
    /// <param name="resource">The name of the Milvus resource.</param>
    public Cause ToCause(string resource) => new(
        CauseCodes.MilvusNotExporting, $"Milvus ('{resource}') could not export its spans. Its log at {Time.UtcDateTime:HH:mm:ss} UTC: {Line}", Fix);

    [GeneratedRegex(
        """^(?:traces export: |failed to upload traces|Post "|Init tracer failed)|init segcore tracing timeout""", RegexOptions.CultureInvariant)]
    private static partial Regex ExportErrors();
}
