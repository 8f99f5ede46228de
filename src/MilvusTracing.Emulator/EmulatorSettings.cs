using System.Globalization;
using OpenTelemetry.Exporter;

namespace MilvusTracing.Emulator;

/// <summary>The settings of an emulator.</summary>
internal sealed record EmulatorSettings
{
    /// <summary>The port on 127.0.0.1; 0 selects a free port.</summary>
    public int Port { get; init; } = 19530;

    /// <summary>The <c>user:password</c> that clients must send; null turns authentication off.</summary>
    public string? Token { get; init; }

    /// <summary>The OTLP endpoint for spans, with the path <c>/v1/traces</c> for OTLP over HTTP; null exports no spans.</summary>
    public Uri? TracesEndpoint { get; init; }

    /// <summary>The OTLP protocol of <see cref="TracesEndpoint"/>.</summary>
    public OtlpExportProtocol TracesProtocol { get; init; } = OtlpExportProtocol.Grpc;

    /// <summary>The fraction of traces to sample, 0 to 1, where the caller sends no trace context.</summary>
    public double SampleFraction { get; init; }

    /// <summary>The configuration that OpenTelemetry's SDK reads its <c>OTEL_*</c> variables from.</summary>
    public IConfiguration OpenTelemetry { get; init; } = new ConfigurationManager();

    /// <summary>The destination of the log.</summary>
    public TextWriter Log { get; init; } = TextWriter.Null;

    /// <summary>Middleware that runs before each request; null for none.</summary>
    public Func<HttpContext, RequestDelegate, Task>? Interceptor { get; init; }

    /// <summary>Reads Milvus's own environment variables. The defaults are those of Milvus 2.3.</summary>
    /// <exception cref="SettingException">A value is malformed or not supported by the emulator.</exception>
    public static EmulatorSettings Read(IConfiguration variables)
    {
        var protocol = OneOf(variables, "TRACE_OTLP_METHOD", "grpc", "http") is "http" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        var isExported = OneOf(variables, "TRACE_EXPORTER", "noop", "otlp") is "otlp";
        return new()
        {
            Port = PortNumber(variables, "PROXY_PORT", 19530),
            Token = Flag(variables, "COMMON_SECURITY_AUTHORIZATIONENABLED")
                ? $"root:{Text(variables, "COMMON_SECURITY_DEFAULTROOTPASSWORD") ?? "Milvus"}"
                : null,
            TracesEndpoint = isExported ? Endpoint(variables, protocol) : null,
            TracesProtocol = protocol,
            SampleFraction = Fraction(variables, "TRACE_SAMPLEFRACTION"),
            OpenTelemetry = variables,
            Log = Console.Out,
        };
    }

    private static string? Text(IConfiguration variables, string name) => variables[name] is { Length: > 0 } text ? text : null;

    private static string OneOf(IConfiguration variables, string name, params string[] values) =>
        Text(variables, name) is not { } text ? values[0]
        : values.Contains(text) ? text
        : throw new SettingException(name, text, $"one of {string.Join(", ", values)}, the values that the emulator supports");

    private static bool Flag(IConfiguration variables, string name) => Text(variables, name) switch
    {
        // The values that Go's strconv.ParseBool accepts.
        null or "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        var text => throw new SettingException(name, text, "true or false"),
    };

    private static int PortNumber(IConfiguration variables, string name, int defaultPort) =>
        Text(variables, name) is not { } text ? defaultPort
        : ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port
        : throw new SettingException(name, text, "a port, 0 to 65535");

    private static double Fraction(IConfiguration variables, string name) =>
        Text(variables, name) is not { } text ? 0
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) && fraction is >= 0 and <= 1 ? fraction
        : throw new SettingException(name, text, "a number from 0 to 1");

    private static Uri Endpoint(IConfiguration variables, OtlpExportProtocol protocol)
    {
        const string name = "TRACE_OTLP_ENDPOINT";
        var text = Text(variables, name) ?? "";
        var scheme = Flag(variables, "TRACE_OTLP_SECURE") ? "https" : "http";
        return Uri.TryCreate($"{scheme}://{text}", UriKind.Absolute, out var uri) && uri is { Port: > 0, AbsolutePath: "/", UserInfo: "" }
            && text.EndsWith($":{uri.Port}")
            ? new(uri, protocol is OtlpExportProtocol.HttpProtobuf ? "/v1/traces" : "/")
            : throw new SettingException(name, text, "host:port of an OTLP receiver, without http://, such as localhost:4317");
    }
}

/// <summary>A setting has an invalid value. The message is for the user.</summary>
internal sealed class SettingException(string message) : Exception(message)
{
    public SettingException(string name, string value, string expected)
        : this($"{name} is \"{value}\"; expected {expected}.")
    {
    }
}
