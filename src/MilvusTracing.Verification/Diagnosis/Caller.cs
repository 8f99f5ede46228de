using System.Globalization;

namespace MilvusTracing.Verification;

/// <summary>The service that calls Milvus: its language, its OpenTelemetry SDK, and what to change in it.</summary>
internal sealed class Caller
{
    private readonly TraceData _trace;
    private readonly string? _version;
    private readonly IReadOnlyList<uint> _flags;

    /// <summary>MilvusTracing.Instrumentation and MilvusTracing.java, which make the call a database span, send the flags 00 or 01.</summary>
    private readonly bool _masksFlags;

    public Caller(TraceData trace, string service)
    {
        var call = trace.Graph.Nodes.FirstOrDefault(SpanClassifier.IsClientCall)?.Span;
        Service = call?.Service ?? (trace.Graph.Nodes.Any(node => node.Span.Service == service) ? service : trace.Graph.Nodes[0].Span.Service);
        var spans = trace.Spans.Where(span => span.Service == Service).ToList();
        Language = spans.Select(span => span.Attributes.GetValueOrDefault("telemetry.sdk.language")).FirstOrDefault(language => language is not null);
        _version = spans.Select(span => span.Attributes.GetValueOrDefault("telemetry.sdk.version")).FirstOrDefault(version => version is not null);
        _flags = [.. spans.Select(span => span.Flags & 0xFF).Where(flags => flags != 0).Distinct()];
        _trace = trace;
        _masksFlags = call is not null && SpanClassifier.IsDatabaseCall(call);
    }

    public string Service { get; }

    /// <summary>The resource's <c>telemetry.sdk.language</c>, such as <c>python</c>; null if unknown.</summary>
    public string? Language { get; }

    /// <summary>
    /// Why the caller must be expected to send a traceparent with the random flag, which Milvus drops; null if it does not. The exported
    /// flags prove it. Python's exporter does not write them, nor do all backends keep them: then the SDK's version is the evidence.
    /// </summary>
    public string? RandomFlagEvidence =>
        _masksFlags ? null
        : _flags.Any(flags => flags > 1) ? $"the spans of {Service} have the trace flags {_flags.Max():x2}"
        : _flags.Count == 0 && !HasXRayId && FirstVersionWithRandomFlag(Language) is { } first && IsAtLeast(_version, first)
            ? $"{Service} uses OpenTelemetry {Printable.Of(_version)} for {Title}, which sends the trace flags 03 from {first} on"
        : null;

    /// <summary>How to send flags that Milvus accepts.</summary>
    public string RandomFlagFix => Language switch
    {
        "python" => "Install opentelemetry-sdk-extension-aws and set OTEL_PYTHON_ID_GENERATOR=xray, whose trace ids do not set the random flag. Do both: "
            + "with the variable alone, opentelemetry-instrument traces nothing.",
        "java" => "With milvus-sdk-java 2.6.18 or later, add MilvusTracing.java to the caller and call MilvusTracing.install() before the "
            + "first client is created. "
            + "With an older version, configure an IdGenerator that does not declare its trace ids random, in an agent extension.",
        "dotnet" => "Call AddMilvusClientInstrumentation() of MilvusTracing.Instrumentation on the tracer provider: it sends the flags 00 or 01.",
        _ => "Configure an id generator that does not set the random flag, so that the caller sends the flags 01.",
    };

    /// <summary>How to create gRPC client spans and send their context to Milvus.</summary>
    public string InstrumentationFix => Language switch
    {
        "python" => "Install opentelemetry-instrumentation-grpc in the caller and start it with opentelemetry-instrument.",
        "java" => "Start the caller with the OpenTelemetry Java agent (-javaagent).",
        "nodejs" => "Install @opentelemetry/auto-instrumentations-node in the caller and load it first: node --import "
            + "@opentelemetry/auto-instrumentations-node/register.",
        "go" => "Pass grpc.WithStatsHandler(otelgrpc.NewClientHandler()) in the DialOptions of the caller's Milvus client.",
        "dotnet" => DotNetFix,
        _ => $"Add gRPC client instrumentation to the caller. In .NET: {DotNetFix}",
    };

    /// <summary>How to keep another span from lying between the gRPC client span and Milvus's server span.</summary>
    public string SuppressFix => Language is null or "dotnet"
        ? "Set SuppressDownstreamInstrumentation = true in AddGrpcClientInstrumentation."
        : "Disable the HTTP client instrumentation for the calls of the caller's Milvus client, so that the gRPC client span is the parent.";

    private static string DotNetFix => "AddGrpcClientInstrumentation(options => options.SuppressDownstreamInstrumentation = true).";

    private string Title => Language switch { "python" => "Python", "java" => "Java", "dotnet" => ".NET", _ => Language ?? "" };

    /// <summary>Whether the trace id begins with the time in seconds, as AWS X-Ray's generators make it, which set no random flag.</summary>
    private bool HasXRayId =>
        long.TryParse(_trace.Id[..8], NumberStyles.AllowHexSpecifier, null, out var seconds)
        && (_trace.Start - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() < TimeSpan.FromDays(1);

    private static Version? FirstVersionWithRandomFlag(string? language) => language switch
    {
        "python" => new Version(1, 42),
        "java" => new Version(1, 60),
        "dotnet" => new Version(1, 21),
        _ => null,
    };

    private static bool IsAtLeast(string? version, Version first) =>
        Version.TryParse(string.Concat((version ?? "").TakeWhile(c => char.IsAsciiDigit(c) || c == '.')).TrimEnd('.'), out var parsed) && parsed >= first;
}
