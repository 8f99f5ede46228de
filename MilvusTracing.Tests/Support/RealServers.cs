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

    /// <summary>Jaeger's OTLP/gRPC address.</summary>
    public static string Jaeger => Value("ConnectionStrings__jaeger");

    /// <summary>Jaeger's UI and query API.</summary>
    public static Uri JaegerUrl => new(Value("JAEGER_URL"));

    private static string Value(string name) => Environment.GetEnvironmentVariable(name) ?? "";
}

/// <summary>Holds a lock on the servers against other test runs on this machine, because all use the same collections.</summary>
[CollectionDefinition(RealServers.Collection)]
public sealed class RealServersTurn : ICollectionFixture<RealServersTurn.Turn>
{
    public sealed class Turn : IAsyncLifetime
    {
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

        private FileStream? _lock;

        public async Task InitializeAsync()
        {
            var path = Path.Combine(Path.GetTempPath(), "milvus-tracing-real-servers.lock");
            while (RealServers.Missing.Length == 0 && _lock is null)
            {
                try
                {
                    _lock = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                }
                catch (IOException)
                {
                    // No event reports that another process has closed a file.
                    await Task.Delay(Pause);
                }
            }
        }

        public async Task DisposeAsync()
        {
            if (_lock is not null)
            {
                await _lock.DisposeAsync();
            }
        }
    }
}
