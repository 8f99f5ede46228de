using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>The backends that store the spans of a running application: its Jaeger, its dashboard, or both.</summary>
internal sealed class TraceBackends(JaegerBackend? jaeger, DashboardBackend? dashboard, DistributedApplicationModel model) : IDisposable
{
    private static readonly TimeSpan FirstTraceWait = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FirstTraceInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The export interval that Aspire sets for services in development.</summary>
    private static readonly TimeSpan ServiceExportDelay = TimeSpan.FromSeconds(1);

    public IReadOnlyList<ITraceBackend> All => [.. new ITraceBackend?[] { jaeger, dashboard }.OfType<ITraceBackend>()];

    /// <summary>The URL of Jaeger's UI; null without a Jaeger.</summary>
    public Uri? JaegerUrl => jaeger?.Url;

    /// <exception cref="InvalidOperationException">There is no backend, or Jaeger is not running.</exception>
    public static TraceBackends Of(IServiceProvider services)
    {
        var model = services.GetRequiredService<DistributedApplicationModel>();
        var jaeger = model.Resources.OfType<JaegerResource>().FirstOrDefault();
        if (jaeger?.UIEndpoint.IsAllocated == false)
        {
            throw new InvalidOperationException($"The resource '{jaeger.Name}', which stores the traces, is not running. Start it first.");
        }

        var dashboard = model.DashboardEndpoint() is { IsAllocated: true } endpoint ? new Uri(endpoint.Url) : null;
        return jaeger is null && dashboard is null
            ? throw new InvalidOperationException("This application has no Jaeger and no dashboard to store its traces. Add a Jaeger with AddJaeger.")
            : new TraceBackends(
                jaeger is null ? null : new JaegerBackend(new Uri(jaeger.UIEndpoint.Url)),
                dashboard is null ? null : new DashboardBackend(dashboard, services.GetRequiredService<IConfiguration>()["AppHost:DashboardApiKey"]),
                model);
    }

    /// <summary>Waits until the resource has sent a trace, up to two minutes. While it is starting there is no trace to verify.</summary>
    /// <returns>
    /// When there is a trace, but also if the resource has completed without one or a backend cannot be read: these are for the
    /// verification to report.
    /// </returns>
    /// <exception cref="InvalidOperationException">There is no trace yet, and the resource has failed or stopped, or the time is over.</exception>
    public async Task WaitForFirstTraceAsync(string resource, ResourceNotificationService notifications, CancellationToken cancellationToken)
    {
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(FirstTraceInterval, cancellationToken).ConfigureAwait(false))
        {
            // The state first: a resource that has completed by then has sent its traces.
            var current = notifications.TryGetCurrentState(resource, out var found) ? found.Snapshot : null;
            if (current?.ExitCode == 0 || await HasTraceAsync(resource, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            var state = current?.State?.Text ?? "unknown";
            if (state == KnownResourceStates.NotStarted || KnownResourceStates.TerminalStates.Contains(state)
                || Stopwatch.GetElapsedTime(start) > FirstTraceWait)
            {
                throw new InvalidOperationException($"{resource} has not sent a trace yet: its state is {state}"
                    + (current?.ExitCode is { } exitCode ? $", exit code {exitCode}. See its log." : "."));
            }
        }
    }

    /// <summary>Verifies a trace. The export errors in Milvus's log are the first causes.</summary>
    public async Task<VerificationReport> VerifyAsync(string service, TraceReference? trace, TimeSpan wait, CancellationToken cancellationToken)
    {
        var request = new VerificationRequest { Backends = All, Service = service, Trace = trace, Wait = wait };
        if (model.Resources.OfType<MilvusEmulatorResource>().Any())
        {
            // The emulator has no C++ core, which buffers spans.
            request = request with { ExportDelay = ServiceExportDelay };
        }

        var report = await TraceVerifier.VerifyAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false);
        return report.Outcome == Outcome.NotJoined ? report.WithCauses(model.MilvusExportFailureCauses(report.Trace?.Start)) : report;
    }

    public void Dispose()
    {
        jaeger?.Dispose();
        dashboard?.Dispose();
    }

    /// <returns>Whether there is a trace; also true if a backend cannot be read.</returns>
    private async Task<bool> HasTraceAsync(string service, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ReadTimeout);
        try
        {
            var traces = await Task.WhenAll(
                All.Select(backend => backend.FindTracesAsync(new TraceQuery(service, Limit: 1), timeout.Token))).ConfigureAwait(false);
            return traces.Any(found => found.Count > 0);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }
}
