namespace MilvusTracing.Tests.Support;

/// <summary>The real Milvus and Jaeger for tests that need <see cref="Capability.Servers"/>, from the settings that the worker reads, too.</summary>
internal static class RealServers
{
    /// <summary>Tests in this collection run one after another.</summary>
    public const string Collection = "Real servers";

    public static string[] Missing { get; } =
        [.. new[] { "ConnectionStrings__milvus", "ConnectionStrings__jaeger", "JAEGER_URL" }.Where(name => Value(name) is "")];

    /// <summary>A Milvus connection string.</summary>
    public static string Milvus => Value("ConnectionStrings__milvus");

    /// <summary>The address in <see cref="Milvus"/>.</summary>
    public static Uri MilvusUrl => new((string)new System.Data.Common.DbConnectionStringBuilder { ConnectionString = Milvus }["Endpoint"]);

    /// <summary>Jaeger's OTLP/gRPC address.</summary>
    public static string Jaeger => Value("ConnectionStrings__jaeger");

    /// <summary>Jaeger's UI and query API.</summary>
    public static Uri JaegerUrl => new(Value("JAEGER_URL"));

    private static string Value(string name) => Environment.GetEnvironmentVariable(name) ?? "";
}
