namespace Aspire.Hosting;

/// <summary>Finds the Aspire dashboard of an application, which is a resource of it like others, except when publishing.</summary>
internal static class AspireDashboard
{
    private const string ResourceName = "aspire-dashboard";

    /// <summary>
    /// The dashboard's OTLP/gRPC endpoint; null where there is no dashboard. <c>ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL</c>
    /// would not tell: it is also set where the dashboard is disabled.
    /// </summary>
    public static EndpointReference? DashboardOtlpEndpoint(this DistributedApplicationModel model) => Endpoint(model, "otlp-grpc");

    /// <summary>The endpoint of the dashboard's pages and API; null where there is no dashboard.</summary>
    public static EndpointReference? DashboardEndpoint(this DistributedApplicationModel model) => Endpoint(model, "https") ?? Endpoint(model, "http");

    /// <summary>The key that the dashboard's OTLP endpoint asks for; empty where it asks for none.</summary>
    public static string DashboardOtlpKey(this IDistributedApplicationBuilder builder) => builder.Configuration["AppHost:OtlpApiKey"] ?? "";

    private static EndpointReference? Endpoint(DistributedApplicationModel model, string name) =>
        model.Resources.FirstOrDefault(resource => resource.Name == ResourceName) is IResourceWithEndpoints dashboard
        && dashboard.GetEndpoint(name) is { Exists: true } endpoint
            ? endpoint
            : null;
}
