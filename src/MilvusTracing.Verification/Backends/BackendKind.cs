namespace MilvusTracing.Verification;

/// <summary>What messages say about a kind of backend.</summary>
/// <param name="Name">Its name in the verdict.</param>
/// <param name="Title">Its name at the start of a sentence.</param>
/// <param name="Api">The API that is read.</param>
/// <param name="UsualUrl">Its usual address.</param>
internal sealed record BackendKind(string Name, string Title, string Api, string UsualUrl)
{
    public static readonly BackendKind Jaeger = new("jaeger", "Jaeger", "Jaeger's query API", "http://localhost:16686");

    public static readonly BackendKind Dashboard = new("dashboard", "The dashboard", "the Aspire dashboard's telemetry API", "http://localhost:18888");

    /// <summary>A backend's name at the start of a sentence; a custom backend has only its own name.</summary>
    public static string TitleOf(ITraceBackend backend) =>
        backend.Name == Jaeger.Name ? Jaeger.Title : backend.Name == Dashboard.Name ? Dashboard.Title : backend.Name;
}
