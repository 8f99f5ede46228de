using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>
/// Jaeger's second pipeline. Milvus can export to one place only, so Jaeger passes its spans on to the dashboard;
/// what the dashboard gets from its own exporters is filtered out, else it would get those spans twice.
/// </summary>
internal static class DashboardRelay
{
    /// <summary>Lays <paramref name="configFile"/> over Jaeger's configuration where the application has a dashboard.</summary>
    public static IResourceBuilder<JaegerResource> WithDashboardRelay(this IResourceBuilder<JaegerResource> jaeger, string configFile) =>
        jaeger
            .WithArgs(context =>
            {
                if (Model(context.ExecutionContext).DashboardOtlpEndpoint() is not null)
                {
                    context.Args.Add($"--config={configFile}");
                }
            })
            .WithEnvironment(context =>
            {
                var model = Model(context.ExecutionContext);
                if (model.DashboardOtlpEndpoint() is { } endpoint)
                {
                    context.EnvironmentVariables["DASHBOARD_OTLP_ENDPOINT"] = endpoint;
                    context.EnvironmentVariables["DASHBOARD_OTLP_API_KEY"] = jaeger.ApplicationBuilder.Configuration["AppHost:OtlpApiKey"] ?? "";
                    context.EnvironmentVariables["DASHBOARD_SERVICES"] = string.Join(", ", ServicesInDashboard(model, jaeger.Resource));
                }
            });

    private static DistributedApplicationModel Model(DistributedApplicationExecutionContext context) =>
        context.Services.GetRequiredService<DistributedApplicationModel>();

    /// <summary>
    /// The services as the items of a list in the filter's language. Aspire makes the name of a resource that has an
    /// OTLP exporter its service name.
    /// </summary>
    private static IEnumerable<string> ServicesInDashboard(DistributedApplicationModel model, JaegerResource jaeger) =>
        model.Resources
            .Where(resource => resource.HasAnnotationOfType<OtlpExporterAnnotation>())
            .Select(resource => resource.Name)
            .Concat(jaeger.Annotations.OfType<NotRelayedAnnotation>().Select(annotation => annotation.ServiceName))
            .Distinct()
            .Select(name => JsonSerializer.Serialize(name));
}
