using OpenTelemetry.Exporter;

namespace MilvusTracing.Local.Emulator;

/// <summary>What an emulator is started with.</summary>
internal sealed record EmulatorOptions
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one.</summary>
    public int Port { get; init; } = 19530;

    /// <summary>The <c>user:password</c> that clients have to send; null lets everybody in.</summary>
    public string? Key { get; init; }

    /// <summary>Where the emulator's spans go; each destination has its own queue.</summary>
    public IReadOnlyList<SpanDestination> Destinations { get; init; } = [];

    /// <summary>What happens to a call before it is looked at; by default nothing.</summary>
    public Func<HttpContext, RequestDelegate, Task>? Interceptor { get; init; }
}

/// <summary>An OTLP receiver.</summary>
/// <param name="Endpoint">For gRPC the server's address; for HTTP the whole URL, with its <c>/v1/traces</c>.</param>
/// <param name="Protocol">How it is spoken to.</param>
/// <param name="Headers">As in <c>OTEL_EXPORTER_OTLP_HEADERS</c>: <c>name=value,name=value</c>.</param>
internal sealed record SpanDestination(Uri Endpoint, OtlpExportProtocol Protocol = OtlpExportProtocol.Grpc, string? Headers = null);
