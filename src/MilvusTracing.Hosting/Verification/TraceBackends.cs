using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>The backends that store the spans of a resource in the running application: Jaeger, the dashboard, or both.</summary>
/// <param name="service">The service name of the resource's traces.</param>
/// <param name="jaeger">Jaeger's query API; null without a Jaeger.</param>
/// <param name="dashboard">The dashboard's API; null without a dashboard.</param>
/// <param name="model">The application.</param>
internal sealed class TraceBackends(string service, JaegerBackend? jaeger, DashboardBackend? dashboard, DistributedApplicationModel model) : IDisposable
{
    /// <summary>The export interval that Aspire sets for services in development.</summary>
    private static readonly TimeSpan ServiceExportDelay = TimeSpan.FromSeconds(1);

    public string Service => service;

    public IReadOnlyList<ITraceBackend> All => [.. new ITraceBackend?[] { jaeger, dashboard }.OfType<ITraceBackend>()];

    public Uri? JaegerUrl => jaeger?.Url;

    public Uri? DashboardUrl => dashboard?.Url;

    /// <exception cref="InvalidOperationException">There is no backend, or Jaeger is not running.</exception>
    public static async Task<TraceBackends> OfAsync(IResource resource, IServiceProvider services, CancellationToken cancellationToken)
    {
        var model = services.GetRequiredService<DistributedApplicationModel>();
        var jaeger = JaegerOf(resource, model);
        if (jaeger?.UIEndpoint.IsAllocated == false)
        {
            throw new InvalidOperationException($"The resource '{jaeger.Name}', which stores the traces, is not running. Start it first.");
        }

        var dashboard = model.DashboardEndpoint() is { IsAllocated: true } endpoint ? new Uri(endpoint.Url) : null;
        if (jaeger is null && dashboard is null)
        {
            throw new InvalidOperationException("This application has no Jaeger and no dashboard that store its traces. Add a Jaeger with AddJaeger.");
        }

        var service = await ServiceName.OfAsync(resource, services, cancellationToken).ConfigureAwait(false);
        return new TraceBackends(
            service,
            jaeger is null ? null : new JaegerBackend(new Uri(jaeger.UIEndpoint.Url)),
            dashboard is null ? null : new DashboardBackend(dashboard, services.GetRequiredService<IConfiguration>()["AppHost:DashboardApiKey"]),
            model);
    }

    /// <summary>Verifies a trace. The export errors in Milvus's log are the first causes.</summary>
    public async Task<VerificationReport> VerifyAsync(TraceReference? trace, TimeSpan wait, CancellationToken cancellationToken)
    {
        var request = new VerificationRequest { Backends = All, Service = Service, Trace = trace, Wait = wait };
        // The emulator has no C++ core that buffers spans.
        var report = await TraceVerifier.VerifyAsync(
            model.Resources.OfType<MilvusEmulatorResource>().Any() ? request with { ExportDelay = ServiceExportDelay } : request,
            cancellationToken: cancellationToken).ConfigureAwait(false);
        return report.Outcome == Outcome.NotJoined ? report.WithCauses(model.MilvusExportFailureCauses(report.Trace?.Start)) : report;
    }

    public void Dispose()
    {
        jaeger?.Dispose();
        dashboard?.Dispose();
    }

    /// <summary>The Jaeger that the resource sends its traces to, or else one that another resource, such as Milvus, sends them to, or else any.</summary>
    private static JaegerResource? JaegerOf(IResource resource, DistributedApplicationModel model)
    {
        // WithAppForwarding and WithTracing make each sender refer to its Jaeger. Forwarding is the last to do so.
        return model.Resources.Prepend(resource).SelectMany(sender => Referred(sender).Reverse()).FirstOrDefault(model.Resources.Contains)
            ?? model.Resources.OfType<JaegerResource>().FirstOrDefault();

        static IEnumerable<JaegerResource> Referred(IResource sender) =>
            sender.Annotations.OfType<ResourceRelationshipAnnotation>().Select(relationship => relationship.Resource).OfType<JaegerResource>();
    }
}
