using Microsoft.Extensions.Configuration;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// The settings that decide where telemetry goes and how it is queued, read and checked once, before the host is built.
/// </summary>
/// <param name="OtlpEndpoint">Takes traces, metrics and logs.</param>
/// <param name="Jaeger">Takes traces.</param>
/// <param name="MaxQueueSize">Spans; <see langword="null"/> where not set.</param>
/// <param name="Ignored">A sentence on each setting that OpenTelemetry ignores because it cannot be understood.</param>
internal sealed record TelemetrySettings(
    Destination? OtlpEndpoint, Destination? Jaeger, int? MaxQueueSize, IReadOnlyList<string> Ignored)
{
    private const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ProtocolKey = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string HeadersKey = "OTEL_EXPORTER_OTLP_HEADERS";
    private const string JaegerKey = "ConnectionStrings:jaeger";
    private const string SamplerKey = "OTEL_TRACES_SAMPLER";

    /// <summary>A queue's array is allocated at once, 8 bytes an entry.</summary>
    private const int LargestQueue = 1_000_000;

    /// <summary>Every destination of telemetry.</summary>
    public IEnumerable<Destination> Destinations => new[] { OtlpEndpoint, Jaeger }.OfType<Destination>();

    /// <summary>The destinations of spans: one where both settings name the same server, lest it get each span twice.</summary>
    public IEnumerable<Destination> TraceDestinations =>
        Destinations.Where(destination => destination == OtlpEndpoint || OtlpEndpoint?.IsSameServer(destination.Address) != true);

    /// <exception cref="TelemetrySettingException">A setting is malformed.</exception>
    public static TelemetrySettings Read(IConfiguration configuration)
    {
        var read = new SettingReader(configuration);
        read.OneOf(ProtocolKey, StringComparer.Ordinal, "grpc", "http/protobuf");
        read.Headers(HeadersKey);
        read.Number("OTEL_EXPORTER_OTLP_TIMEOUT", 1);
        read.OneOf("OTEL_EXPORTER_OTLP_COMPRESSION", StringComparer.OrdinalIgnoreCase, "none", "gzip");
        read.Certificate("OTEL_EXPORTER_OTLP_CERTIFICATE");
        read.File("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
        read.File("OTEL_EXPORTER_OTLP_CLIENT_KEY");
        foreach (var queue in (string[])["OTEL_BSP", "OTEL_BLRP"])
        {
            read.Number($"{queue}_MAX_QUEUE_SIZE", 1, LargestQueue);
            read.Number($"{queue}_MAX_EXPORT_BATCH_SIZE", 1, LargestQueue);
            read.Number($"{queue}_SCHEDULE_DELAY", 1);
            read.Number($"{queue}_EXPORT_TIMEOUT", 0);
        }

        read.Number("OTEL_METRIC_EXPORT_INTERVAL", 1);
        read.Number("OTEL_METRIC_EXPORT_TIMEOUT", 0);
        return new TelemetrySettings(
            Destination.At(
                read.Address(EndpointKey, allowPath: true),
                EndpointKey,
                $"Check that it is up, that {ProtocolKey} is what it speaks there, and that {HeadersKey} holds its key if it asks for one."),
            Destination.At(
                read.Address(JaegerKey, allowPath: false),
                JaegerKey,
                $"Check that Jaeger is up and that {JaegerKey} is its OTLP/gRPC address, by default port 4317."),
            read.Number("OTEL_BSP_MAX_QUEUE_SIZE", 1, LargestQueue),
            [.. IgnoredSettings(read)]);
    }

    /// <summary>
    /// What OpenTelemetry's specification has an SDK ignore with a warning; its .NET SDK warns only in its event source.
    /// </summary>
    private static IEnumerable<string> IgnoredSettings(SettingReader read)
    {
        string[] samplers =
        [
            "always_on", "always_off", "traceidratio",
            "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
        ];
        var sampler = read.Text(SamplerKey);
        if (sampler is not null && !samplers.Contains(sampler, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{SamplerKey} is \"{sampler}\"; expected one of {string.Join(", ", samplers)}. It is ignored: parentbased_always_on holds.";
        }

        if (sampler?.EndsWith("traceidratio", StringComparison.OrdinalIgnoreCase) == true
            && read.Text("OTEL_TRACES_SAMPLER_ARG") is { } argument
            && !SettingReader.IsRatio(argument))
        {
            yield return $"OTEL_TRACES_SAMPLER_ARG is \"{argument}\"; expected a number from 0 to 1. It is ignored: 1 holds.";
        }

        if (read.Text("OTEL_SDK_DISABLED") is { } disabled && !bool.TryParse(disabled, out _))
        {
            yield return $"OTEL_SDK_DISABLED is \"{disabled}\"; expected true or false. It is ignored: false holds.";
        }

        if (read.Text("OTEL_RESOURCE_ATTRIBUTES")?.Split(',').FirstOrDefault(pair => !pair.Contains('=')) is { } pair)
        {
            yield return $"OTEL_RESOURCE_ATTRIBUTES has \"{pair}\"; expected name=value pairs, separated by commas. It is ignored, the others hold.";
        }
    }
}
