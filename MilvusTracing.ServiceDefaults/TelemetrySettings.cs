using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// The settings that decide where telemetry goes, read and checked once, before the host is built. An empty value is an
/// unset one, as OpenTelemetry's specification has it.
/// </summary>
internal sealed partial record TelemetrySettings(Destination? OtlpEndpoint, Destination? Jaeger, int? MaxQueueSize)
{
    private const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ProtocolKey = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string HeadersKey = "OTEL_EXPORTER_OTLP_HEADERS";
    private const string JaegerKey = "ConnectionStrings:jaeger";
    private const string MaxQueueSizeKey = "OTEL_BSP_MAX_QUEUE_SIZE";

    /// <summary>Whole numbers, by their smallest value.</summary>
    private static readonly Dictionary<string, int> _numbers = new()
    {
        ["OTEL_EXPORTER_OTLP_TIMEOUT"] = 1,
        [MaxQueueSizeKey] = 1,
        ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = 1,
        ["OTEL_BSP_SCHEDULE_DELAY"] = 1,
        ["OTEL_BSP_EXPORT_TIMEOUT"] = 0,
        ["OTEL_BLRP_MAX_QUEUE_SIZE"] = 1,
        ["OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"] = 1,
        ["OTEL_BLRP_SCHEDULE_DELAY"] = 1,
        ["OTEL_BLRP_EXPORT_TIMEOUT"] = 0,
        ["OTEL_METRIC_EXPORT_INTERVAL"] = 1,
        ["OTEL_METRIC_EXPORT_TIMEOUT"] = 0,
    };

    /// <summary>The destinations of spans; one where both settings name the same server.</summary>
    public IReadOnlyList<Destination> TraceDestinations =>
        OtlpEndpoint is not null && Jaeger is not null && OtlpEndpoint.IsSameServer(Jaeger.Address)
            ? [OtlpEndpoint]
            : new[] { OtlpEndpoint, Jaeger }.OfType<Destination>().ToList();

    /// <exception cref="TelemetrySettingException">A setting is malformed.</exception>
    public static TelemetrySettings Read(IConfiguration configuration)
    {
        CheckProtocol(configuration);
        CheckHeaders(configuration);
        foreach (var (key, smallest) in _numbers)
        {
            CheckNumber(configuration, key, smallest);
        }

        var endpoint = ReadAddress(configuration, EndpointKey, allowPath: true);
        var jaeger = ReadAddress(configuration, JaegerKey, allowPath: false);
        return new TelemetrySettings(
            endpoint is null ? null : new Destination(
                endpoint,
                EndpointKey,
                $"Check that it is up, that {ProtocolKey} is the protocol it speaks, and that {HeadersKey} holds its key if it asks for one."),
            jaeger is null ? null : new Destination(
                jaeger,
                JaegerKey,
                $"Check that Jaeger is up and that {JaegerKey} is its OTLP/gRPC address (port 4317 unless changed)."),
            Value(configuration, MaxQueueSizeKey) is { } size ? int.Parse(size, CultureInfo.InvariantCulture) : null);
    }

    private static Uri? ReadAddress(IConfiguration configuration, string key, bool allowPath)
    {
        if (Value(configuration, key) is not { } value)
        {
            return null;
        }

        if (!Uri.TryCreate(value, UriKind.Absolute, out var address)
            || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            || address.Host.Length == 0
            || address.UserInfo.Length > 0
            || (!allowPath && address.PathAndQuery != "/"))
        {
            throw Bad(key, UserInfo().Replace(value, "//***@"), "http://host:port or https://host:port, such as http://localhost:4317");
        }

        return address;
    }

    private static void CheckProtocol(IConfiguration configuration)
    {
        if (Value(configuration, ProtocolKey) is { } value && value is not ("grpc" or "http/protobuf"))
        {
            throw Bad(ProtocolKey, value, "grpc or http/protobuf");
        }
    }

    private static void CheckHeaders(IConfiguration configuration)
    {
        if (Value(configuration, HeadersKey) is not { } value)
        {
            return;
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in Uri.UnescapeDataString(value).Split(','))
        {
            var name = header.Split('=', 2)[0].Trim();
            if (!header.Contains('=') || !HeaderName().IsMatch(name) || !names.Add(name))
            {
                throw new TelemetrySettingException(
                    HeadersKey,
                    $"{HeadersKey} is malformed (its value is not shown, it may hold a key); expected name=value pairs, each name once, separated by commas.");
            }
        }
    }

    private static void CheckNumber(IConfiguration configuration, string key, int smallest)
    {
        if (Value(configuration, key) is { } value
            && (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < smallest))
        {
            throw Bad(key, value, $"a whole number from {smallest} to {int.MaxValue}");
        }
    }

    private static string? Value(IConfiguration configuration, string key) =>
        configuration[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private static TelemetrySettingException Bad(string key, string value, string expected) =>
        new(key, $"{key} is \"{value}\"; expected {expected}.");

    [GeneratedRegex("//[^/]*@")]
    private static partial Regex UserInfo();

    /// <summary>A field name as RFC 9110, section 5.1, has it.</summary>
    [GeneratedRegex("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    private static partial Regex HeaderName();
}
