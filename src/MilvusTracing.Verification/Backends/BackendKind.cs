namespace MilvusTracing.Verification;

/// <summary>What the messages have to know of a kind of backend.</summary>
/// <param name="Name">Its name in the verdict.</param>
/// <param name="Title">Its name at the start of a sentence.</param>
/// <param name="Api">What is read there.</param>
/// <param name="Option">The option that names its address.</param>
/// <param name="Variable">The environment variable that does.</param>
/// <param name="Usual">Its usual address.</param>
/// <param name="NotFoundMark">What its 404 answers contain when it is the sought thing that is missing.</param>
internal sealed record BackendKind(string Name, string Title, string Api, string Option, string Variable, string Usual, string NotFoundMark)
{
    public static readonly BackendKind Jaeger =
        new("jaeger", "Jaeger", "Jaeger's query API", "--jaeger", "JAEGER_URL", "http://localhost:16686", "\"errors\"");

    public static readonly BackendKind Dashboard =
        new("dashboard", "The dashboard", "the Aspire dashboard's telemetry API", "--dashboard", "ASPIRE_DASHBOARD_URL", "http://localhost:18888", "\"title\"");

    /// <summary>What names its address.</summary>
    public string Settings => $"{Option} or {Variable}";

    /// <summary>What a backend is called at the start of a sentence; one that this library does not know goes by its name.</summary>
    public static string TitleOf(ITraceBackend backend) =>
        backend.Name == Jaeger.Name ? Jaeger.Title : backend.Name == Dashboard.Name ? Dashboard.Title : backend.Name;
}
