using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>The backends that store the spans of a running application: its Jaeger, its dashboard, or both.</summary>
internal sealed class TraceBackends : IDisposable
{
    /// <summary>The export interval that Aspire sets for services in development.</summary>
    private static readonly TimeSpan ServiceExportDelay = TimeSpan.FromSeconds(1);

    private readonly JaegerBackend? _jaeger;
    private readonly DashboardBackend? _dashboard;

    private readonly DistributedApplicationModel _model;

    private TraceBackends(JaegerBackend? jaeger, DashboardBackend? dashboard, DistributedApplicationModel model)
    {
        _jaeger = jaeger;
        _dashboard = dashboard;
        _model = model;
    }

    public IReadOnlyList<ITraceBackend> All => [.. new ITraceBackend?[] { _jaeger, _dashboard }.OfType<ITraceBackend>()];

    /// <summary>Whether Milvus is the emulator, which has no C++ core that buffers spans.</summary>
    public bool AreOfEmulator => _model.Resources.OfType<MilvusEmulatorResource>().Any();

    /// <summary>The URL of Jaeger's UI; null without a Jaeger.</summary>
    public Uri? JaegerUrl => _jaeger?.Url;

    /// <exception cref="InvalidOperationException">There is no backend, or Jaeger is not running.</exception>
    public static TraceBackends Of(IServiceProvider services)
    {
        var model = services.GetRequiredService<DistributedApplicationModel>();
        var jaeger = model.Resources.OfType<JaegerResource>().FirstOrDefault();
        if (jaeger?.UIEndpoint.IsAllocated == false)
        {
            throw new InvalidOperationException($"The resource '{jaeger.Name}', which stores the traces, is not running. Start it first.");
        }

        var dashboard = model.DashboardEndpoint() is { IsAllocated: true } endpoint
            ? new DashboardBackend(new Uri(endpoint.Url), services.GetRequiredService<IConfiguration>()["AppHost:DashboardApiKey"])
            : null;
        return jaeger is null && dashboard is null
            ? throw new InvalidOperationException("This application has no Jaeger and no dashboard that store its traces. Add a Jaeger with AddJaeger.")
            : new TraceBackends(
                jaeger is null ? null : new JaegerBackend(new Uri(jaeger.UIEndpoint.Url)),
                dashboard,
                model);
    }

    /// <summary>Verifies a trace. The export errors in Milvus's log are the first causes.</summary>
    public async Task<VerificationReport> VerifyAsync(
        string service, TraceReference? trace, TimeSpan wait, CancellationToken cancellationToken)
    {
        var request = new VerificationRequest { Backends = All, Service = service, Trace = trace, Wait = wait };
        var report = await TraceVerifier.VerifyAsync(
            AreOfEmulator ? request with { ExportDelay = ServiceExportDelay } : request, cancellationToken: cancellationToken).ConfigureAwait(false);
        return report.Outcome == Outcome.NotJoined ? report.WithCauses(_model.MilvusExportFailureCauses(report.Trace?.Start)) : report;
    }

    public void Dispose()
    {
        _jaeger?.Dispose();
        _dashboard?.Dispose();
    }
}
