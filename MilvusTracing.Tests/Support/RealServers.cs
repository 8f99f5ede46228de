namespace MilvusTracing.Tests.Support;

/// <summary>The real Milvus and Jaeger for tests that need <see cref="Capability.Servers"/>, from the settings that the worker reads, too.</summary>
internal static class RealServers
{
    /// <summary>Tests in this collection run one after another.</summary>
    public const string Collection = "Real servers";

    public static string[] Missing { get; } =
        [.. new[] { "ConnectionStrings__milvus", "ConnectionStrings__jaeger", "JAEGER_URL" }.Where(name => Value(name) is "")];

    /// <summary>Milvus's gRPC address.</summary>
    public static Uri MilvusUrl =>
        new((string)new System.Data.Common.DbConnectionStringBuilder { ConnectionString = Value("ConnectionStrings__milvus") }["Endpoint"]);

    /// <summary>Jaeger's OTLP/gRPC address.</summary>
    public static string Jaeger => Value("ConnectionStrings__jaeger");

    /// <summary>Jaeger's UI and query API.</summary>
    public static Uri JaegerUrl => new(Value("JAEGER_URL"));

    private static string Value(string name) => Environment.GetEnvironmentVariable(name) ?? "";
}
