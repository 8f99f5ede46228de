namespace MilvusTracing.Cli;

/// <summary>The option and the environment variable for a backend's address.</summary>
/// <param name="Backend">The backend's name in reports.</param>
/// <param name="Api">What the address has to be of.</param>
/// <param name="Name">The option.</param>
/// <param name="Variable">The environment variable.</param>
/// <param name="Usual">The usual address.</param>
internal sealed record BackendOption(string Backend, string Api, string Name, string Variable, string Usual)
{
    public static readonly BackendOption Jaeger = new("jaeger", "Jaeger's query API", "--jaeger", "JAEGER_URL", "http://localhost:16686");

    public static readonly BackendOption Dashboard =
        new("dashboard", "the Aspire dashboard's telemetry API", "--dashboard", "ASPIRE_DASHBOARD_URL", "http://localhost:18888");

    public static BackendOption? Find(string? backend) => backend == Jaeger.Backend ? Jaeger : backend == Dashboard.Backend ? Dashboard : null;
}
