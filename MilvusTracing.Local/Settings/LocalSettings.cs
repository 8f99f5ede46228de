using MilvusTracing.Verifier.Backends;

namespace MilvusTracing.Local.Settings;

/// <summary>The servers to use instead of starting something.</summary>
/// <param name="Milvus"><c>ConnectionStrings:milvus</c>, as Milvus's client takes it; null for the emulator.</param>
/// <param name="Jaeger"><c>ConnectionStrings:jaeger</c>, where Jaeger receives OTLP/gRPC; null for none.</param>
/// <param name="JaegerUrl"><c>JAEGER_URL</c>, Jaeger's pages and query API; its usual port where only Jaeger itself is given.</param>
internal sealed record LocalSettings(string? Milvus, Uri? Jaeger, Uri? JaegerUrl)
{
    /// <summary>Reads and checks the settings; an empty one counts as not set.</summary>
    /// <exception cref="SettingException">A setting is malformed.</exception>
    public static LocalSettings Read(IConfiguration configuration)
    {
        var jaeger = Address(configuration, "ConnectionStrings:jaeger", "the address where Jaeger receives OTLP/gRPC, as http://localhost:4317");
        var jaegerUrl = Address(configuration, "JAEGER_URL", "the address of Jaeger's pages, as http://localhost:16686");
        return new LocalSettings(
            Text(configuration, "ConnectionStrings:milvus"),
            jaeger,
            jaeger is null ? null : jaegerUrl ?? new UriBuilder("http", jaeger.Host, 16686).Uri);
    }

    private static Uri? Address(IConfiguration configuration, string setting, string expected) =>
        Text(configuration, setting) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address
        : throw new SettingException($"{setting} is '{ShownAddress.Of(text)}'; expected {expected}.");

    private static string? Text(IConfiguration configuration, string setting) =>
        configuration[setting] is { Length: > 0 } text ? text : null;
}
