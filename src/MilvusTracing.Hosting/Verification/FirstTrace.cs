using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>Waits until a resource has sent its first trace. While a resource is starting there is no trace to verify.</summary>
internal static class FirstTrace
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Waits for up to two minutes, or until the resource has failed or stopped.</summary>
    /// <returns>
    /// Why there is no trace yet. Null if there is one, if the resource has completed without one, or if a backend cannot be read:
    /// these are for the verification to report.
    /// </returns>
    public static async Task<string?> WaitAsync(IResource resource, TraceBackends backends, IServiceProvider services, CancellationToken cancellationToken)
    {
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(Interval, cancellationToken).ConfigureAwait(false))
        {
            // The state first: a resource that has completed by then has sent its traces.
            var current = CurrentState(resource, services);
            if (current is { Snapshot.ExitCode: 0 } || await HasTraceAsync(backends, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            var state = current?.Snapshot.State?.Text;
            var reason = $"{resource.Name} has not sent a trace yet: {Reason(resource, current, services)}";
            if (state == KnownResourceStates.NotStarted)
            {
                return reason;
            }

            if (KnownResourceStates.TerminalStates.Contains(state) || Stopwatch.GetElapsedTime(start) > Limit)
            {
                return reason + await LastLogLineAsync(current?.ResourceId ?? resource.Name, services, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <returns>Whether there is a trace other than heartbeats; also true if a backend cannot be read.</returns>
    private static async Task<bool> HasTraceAsync(TraceBackends backends, CancellationToken cancellationToken)
    {
        var found = await TraceExplainer.ExplainAsync(
            new ExplanationRequest { Backends = backends.All, Service = backends.Service, Last = 1, Wait = ReadTimeout }, cancellationToken).ConfigureAwait(false);
        return found.Traces > 0 || found.Failures.Count > 0;
    }

    private static string Reason(IResource resource, ResourceEvent? current, IServiceProvider services)
    {
        var state = current?.Snapshot.State?.Text ?? "unknown";
        var installers = resource.Annotations.OfType<WaitAnnotation>()
            .Where(wait => wait.WaitType == WaitType.WaitForCompletion && CurrentState(wait.Resource, services) is not { Snapshot.ExitCode: 0 })
            .Select(wait => wait.Resource.Name);
        return state == KnownResourceStates.Waiting && string.Join(", ", installers) is { Length: > 0 } names ? $"it still waits for {names} to complete."
            : current?.Snapshot.ExitCode is { } exitCode ? $"its state is {state}, exit code {exitCode}."
            : $"its state is {state}.";
    }

    /// <summary>The state of the resource; null if it has several replicas.</summary>
    private static ResourceEvent? CurrentState(IResource resource, IServiceProvider services) =>
        services.GetRequiredService<ResourceNotificationService>().TryGetCurrentState(resource.Name, out var current) ? current : null;

    private static async Task<string> LastLogLineAsync(string resourceId, IServiceProvider services, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        await foreach (var batch in services.GetRequiredService<ResourceLoggerService>()
            .GetAllAsync(resourceId).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            lines.AddRange(batch.Select(line => line.Content).Where(line => !string.IsNullOrWhiteSpace(line)));
        }

        // Standard output and error are not merged by time, but each line begins with its time. The orchestrator's own lines, [sys],
        // matter only if there is no other line.
        var last = lines.OrderBy(line => !line.Contains("[sys]", StringComparison.Ordinal)).ThenBy(line => line, StringComparer.Ordinal).LastOrDefault();
        return last is null ? "" : $" Its last log line: {last}";
    }
}
