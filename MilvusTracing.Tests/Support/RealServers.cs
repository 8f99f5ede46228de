namespace MilvusTracing.Tests.Support;

/// <summary>The Milvus and Jaeger that <see cref="RealServersFactAttribute"/>'s tests use, by the worker's own settings.</summary>
internal static class RealServers
{
    /// <summary>Tests that share the servers run one after another.</summary>
    public const string Collection = "Real servers";

    public static string[] Missing { get; } =
        [.. new[] { "ConnectionStrings__milvus", "ConnectionStrings__jaeger", "JAEGER_URL" }.Where(name => Value(name) is "")];

    /// <summary>A Milvus connection string.</summary>
    public static string Milvus => Value("ConnectionStrings__milvus");

    /// <summary>Jaeger's OTLP/gRPC address.</summary>
    public static string Jaeger => Value("ConnectionStrings__jaeger");

    /// <summary>Jaeger's pages and query API.</summary>
    public static Uri JaegerUrl => new(Value("JAEGER_URL"));

    private static string Value(string name) => Environment.GetEnvironmentVariable(name) ?? "";
}
