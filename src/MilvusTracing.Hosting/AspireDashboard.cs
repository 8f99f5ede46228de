using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>Finds the endpoints of the Aspire dashboard. It is a resource of the running application; when publishing there is none.</summary>
internal static class AspireDashboard
{
    /// <summary>
    /// The dashboard's OTLP/gRPC endpoint; null without a dashboard. The variable <c>ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL</c>
    /// is no substitute: it is also set when the dashboard is disabled.
    /// </summary>
    internal static EndpointReference? DashboardOtlpEndpoint(this DistributedApplicationModel model) => Endpoint(model, "otlp-grpc");

    /// <summary>The endpoint of the dashboard's UI and API; null without a dashboard.</summary>
    internal static EndpointReference? DashboardEndpoint(this DistributedApplicationModel model) => Endpoint(model, "https") ?? Endpoint(model, "http");

    /// <summary>Whether the application has a dashboard. It becomes a resource only after the handlers of this event.</summary>
    internal static bool HasDashboard(this BeforeStartEvent start) =>
        start.Model.DashboardOtlpEndpoint() is not null || !start.Services.GetRequiredService<DistributedApplicationOptions>().DisableDashboard;

    /// <summary>The API key that Aspire has generated for the dashboard's OTLP endpoint; empty if none is required.</summary>
    internal static string DashboardOtlpKey(this IDistributedApplicationBuilder builder) => builder.Configuration["AppHost:OtlpApiKey"] ?? "";

    private static EndpointReference? Endpoint(DistributedApplicationModel model, string name) =>
        model.Resources.FirstOrDefault(resource => resource.Name == "aspire-dashboard") is IResourceWithEndpoints dashboard
        && dashboard.GetEndpoint(name) is { Exists: true } endpoint
            ? endpoint
            : null;
}

/// <summary>
/// Marks a collector: publishers set its <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> to their dashboard, as for every resource with the base
/// class, but it exports no traces of its own.
/// </summary>
internal sealed class CollectorAnnotation : OtlpExporterAnnotation;
