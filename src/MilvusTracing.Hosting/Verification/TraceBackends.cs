using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>The places where a running application keeps its spans: its Jaeger, the dashboard, or both.</summary>
internal sealed class TraceBackends : IDisposable
{
    private readonly JaegerBackend? _jaeger;
    private readonly DashboardBackend? _dashboard;

    private TraceBackends(JaegerBackend? jaeger, DashboardBackend? dashboard, bool areOfEmulator)
    {
        _jaeger = jaeger;
        _dashboard = dashboard;
        AreOfEmulator = areOfEmulator;
    }

    public IReadOnlyList<ITraceBackend> All => [.. new ITraceBackend?[] { _jaeger, _dashboard }.OfType<ITraceBackend>()];

    /// <summary>Whether the spans are those of an emulator, which has no C++ core.</summary>
    public bool AreOfEmulator { get; }

    /// <summary>Jaeger's pages; null where there is no Jaeger.</summary>
    public Uri? JaegerUrl => _jaeger?.Url;

    /// <exception cref="InvalidOperationException">There is neither, or Jaeger is not running.</exception>
    public static TraceBackends Of(IServiceProvider services)
    {
        var model = services.GetRequiredService<DistributedApplicationModel>();
        var jaeger = model.Resources.OfType<JaegerResource>().FirstOrDefault();
        if (jaeger?.UIEndpoint.IsAllocated == false)
        {
            throw new InvalidOperationException($"The resource '{jaeger.Name}' is not running, and so has no traces. Start it first.");
        }

        var dashboard = model.DashboardEndpoint() is { IsAllocated: true } endpoint
            ? new DashboardBackend(new Uri(endpoint.Url), services.GetRequiredService<IConfiguration>()["AppHost:DashboardApiKey"])
            : null;
        return jaeger is null && dashboard is null
            ? throw new InvalidOperationException("Nothing keeps this application's traces: it has no Jaeger and no dashboard. Add one by AddJaeger.")
            : new TraceBackends(
                jaeger is null ? null : new JaegerBackend(new Uri(jaeger.UIEndpoint.Url)), dashboard, model.Resources.OfType<MilvusEmulatorResource>().Any());
    }

    public void Dispose()
    {
        _jaeger?.Dispose();
        _dashboard?.Dispose();
    }
}
