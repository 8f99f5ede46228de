using System.Globalization;
using OpenTelemetry.Exporter;

namespace MilvusTracing.Emulator;

/// <summary>What an emulator is started with.</summary>
internal sealed record EmulatorSettings
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one.</summary>
    public int Port { get; init; } = 19530;

    /// <summary>The <c>user:password</c> that clients have to send; null lets everybody in.</summary>
    public string? Key { get; init; }

    /// <summary>Where the spans go, for OTLP over HTTP with its <c>/v1/traces</c>; null: nowhere.</summary>
    public Uri? TracesEndpoint { get; init; }

    public OtlpExportProtocol TracesProtocol { get; init; } = OtlpExportProtocol.Grpc;

    /// <summary>The part of the traces that are recorded of those that begin here, 0 to 1; a caller decides for its own.</summary>
    public double SampleFraction { get; init; }

    /// <summary>The <c>OTEL_*</c> variables, which OpenTelemetry's SDK reads by itself.</summary>
    public IConfiguration OpenTelemetry { get; init; } = new ConfigurationManager();

    /// <summary>Where the log goes.</summary>
    public TextWriter Log { get; init; } = TextWriter.Null;

    /// <summary>What happens to a call before it is looked at; by default nothing.</summary>
    public Func<HttpContext, RequestDelegate, Task>? Interceptor { get; init; }

    /// <summary>Reads Milvus's own variables, with the defaults that they have in Milvus 2.3.</summary>
    /// <param name="variables">The environment.</param>
    /// <exception cref="SettingException">A value is malformed, or one that the emulator does not have.</exception>
    public static EmulatorSettings Read(IConfiguration variables)
    {
        var protocol = OneOf(variables, "TRACE_OTLP_METHOD", "grpc", "http") is "http" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        var isExported = OneOf(variables, "TRACE_EXPORTER", "noop", "otlp") is "otlp";
        return new()
        {
            Port = PortNumber(variables, "PROXY_PORT", 19530),
            Key = Flag(variables, "COMMON_SECURITY_AUTHORIZATIONENABLED") ? $"root:{Text(variables, "COMMON_SECURITY_DEFAULTROOTPASSWORD") ?? "Milvus"}" : null,
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
        : throw new SettingException(name, text, $"one of {string.Join(", ", values)}, which are what the emulator of Milvus has");

    private static bool Flag(IConfiguration variables, string name) => Text(variables, name) switch
    {
        // What Go takes for a bool (strconv.ParseBool).
        null or "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        var text => throw new SettingException(name, text, "true or false"),
    };

    private static int PortNumber(IConfiguration variables, string name, int unset) =>
        Text(variables, name) is not { } text ? unset
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
        return Uri.TryCreate($"{scheme}://{text}", UriKind.Absolute, out var uri) && uri is { Port: > 0, AbsolutePath: "/", UserInfo: "" } && text.EndsWith($":{uri.Port}")
            ? new(uri, protocol is OtlpExportProtocol.HttpProtobuf ? "/v1/traces" : "/")
            : throw new SettingException(name, text, "host:port of an OTLP receiver, without http://, such as localhost:4317");
    }
}

/// <summary>A setting that cannot be used; the message is for the user.</summary>
internal sealed class SettingException(string message) : Exception(message)
{
    public SettingException(string name, string value, string expected)
        : this($"{name} is \"{value}\"; expected {expected}.")
    {
    }
}
