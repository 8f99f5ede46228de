using MilvusTracing.Local.Relay;
using MilvusTracing.Local.Terminal;
using MilvusTracing.Local.Worker;
using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Model;
using MilvusTracing.Verifier.Verification;
using Spectre.Console;

namespace MilvusTracing.Local.Proof;

/// <summary>Verifies pass after pass: the first with its waterfall, the others in one line each.</summary>
internal sealed class PassVerifier(Screen screen, IReadOnlyList<ITraceBackend> backends, TimeSpan exportDelay, SpanRelay? relay)
{
    /// <summary>What a pass that failed may take: it waits for spans that will never come.</summary>
    private static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Verifies a pass and shows the verdict.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="inFull">Whether to show the waterfall too, and not the verdict alone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The verdict; never better than <see cref="Outcome.NotJoined"/> for a pass that failed; null where it was not sampled.</returns>
    public async Task<Outcome?> VerifyAsync(Pass pass, bool inFull, CancellationToken cancellationToken)
    {
        if (pass.Trace is not { } trace)
        {
            screen.WriteLine("not sampled, by OTEL_TRACES_SAMPLER: there is no trace to verify");
            return null;
        }

        var report = inFull
            ? await screen.WaitAsync("waiting for the trace", show => VerifyAsync(trace, pass.Passed, new Progress(show), cancellationToken))
            : await VerifyAsync(trace, pass.Passed, progress: null, cancellationToken);
        if (inFull)
        {
            screen.WriteLine();
            report.WriteTo(screen.Console);
        }
        else
        {
            ShowBriefly(report);
        }

        if (pass.Passed)
        {
            return report.Outcome;
        }
        screen.WriteLine("The pass itself failed: the worker's line above tells why.", Color.Red);
        return report.Outcome == Outcome.Joined ? Outcome.NotJoined : report.Outcome;
    }

    private async Task<VerificationReport> VerifyAsync(
        TraceReference trace, bool passed, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        using var verdictGiven = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var relaying = relay?.RunAsync(trace.TraceId, verdictGiven.Token) ?? Task.CompletedTask;
        try
        {
            return await TraceVerifier.VerifyAsync(
                new VerificationRequest
                {
                    Backends = backends,
                    Trace = trace,
                    Service = WorkerEnvironment.ServiceName,
                    ExportDelay = exportDelay,
                    Wait = exportDelay + (passed ? Patience : ShortPatience),
                },
                progress,
                cancellationToken);
        }
        finally
        {
            await verdictGiven.CancelAsync();
            await relaying;
        }
    }

    private void ShowBriefly(VerificationReport report)
    {
        screen.WriteLine($"{DateTime.Now:HH:mm:ss}  {report.ToVerdictLine()}; trace {report.TraceId}", report.Outcome == Outcome.Joined ? null : Color.Red);
        foreach (var cause in report.Causes)
        {
            screen.WriteLine($"          {cause.Message} {cause.Mend}");
        }
    }

    /// <summary>Unlike <see cref="Progress{T}"/>, at once and in order.</summary>
    private sealed class Progress(Action<string> show) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value) => show(value.ToString());
    }
}
