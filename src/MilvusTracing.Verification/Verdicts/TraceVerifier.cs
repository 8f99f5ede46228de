using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>Verifies that the spans of a client and of Milvus have arrived and form one trace, or finds out why not.</summary>
/// <example>
/// <code>
/// using var jaeger = new JaegerBackend(new Uri("http://localhost:16686"));
/// var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [jaeger] });
/// Console.WriteLine(report.ToVerdictLine());
/// return (int)report.Outcome;
/// </code>
/// </example>
public static class TraceVerifier
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>How long to try again if there is no connection: a backend may be starting, or a network policy may not allow a new pod's connections yet.</summary>
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(5);

    /// <summary>The first read gets at least this long, however short the wait.</summary>
    internal static readonly TimeSpan ShortestRead = TimeSpan.FromSeconds(2);

    /// <summary>Reads the trace until it is complete or the wait is over, judges it, and finds the causes if it is not joined.</summary>
    /// <param name="request">Which trace, in which backends, and how long to wait.</param>
    /// <param name="progress">Receives the progress after each read while the verification waits.</param>
    /// <param name="cancellationToken">Cancels the verification with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// The report. A backend that cannot be read is part of it and throws no exception. If there is no connection to a backend, it is
    /// tried again for up to 5 s.
    /// </returns>
    /// <exception cref="ArgumentException">The request has no backend.</exception>
    public static async Task<VerificationReport> VerifyAsync(
        VerificationRequest request, IProgress<VerificationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Backends.Count == 0)
        {
            throw new ArgumentException("The request has no backend; it needs at least one.", nameof(request));
        }

        var stopwatch = Stopwatch.StartNew();
        var traceId = request.Trace?.TraceId;
        var completion = new CompletionDetector(request.ExportDelay);
        var pause = FirstPause;
        Snapshot? snapshot = null;
        do
        {
            var readAt = stopwatch.Elapsed;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var (remaining, least) = (request.Wait - readAt, snapshot is null ? ShortestRead : TimeSpan.Zero);
            limit.CancelAfter(remaining > least ? remaining : least);
            var (foundId, read) = await ReadAsync(request, traceId, limit.Token).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (snapshot is null || !limit.IsCancellationRequested)
            {
                // A later trace may have calls if this one has none.
                (traceId, snapshot) = (read.Verdict?.ClientCalls > 0 ? foundId : request.Trace?.TraceId, read);
            }

            completion.Observe(snapshot, stopwatch.Elapsed);
            var toCompletion = completion.Remaining(snapshot, stopwatch.Elapsed, DateTimeOffset.UtcNow);
            var rest = request.Wait - stopwatch.Elapsed;
            var isUnread = snapshot.Backends.All(backend => backend.Failure is not null);
            var mayBeStarting = stopwatch.Elapsed < LongestStart && snapshot.Backends.Any(backend => backend.Failure is { IsNoConnection: true });
            if (rest <= TimeSpan.Zero
                || request.Trace is { Sampled: false }
                || (isUnread && !mayBeStarting)
                || toCompletion <= TimeSpan.Zero)
            {
                break;
            }

            if (!isUnread)
            {
                progress?.Report(new VerificationProgress(stopwatch.Elapsed, request.Wait, snapshot.Verdict));
            }

            // A large trace takes long to read: pause at least as long as a read takes.
            var next = Max(toCompletion < pause ? toCompletion.Value : pause, stopwatch.Elapsed - readAt);
            await Task.Delay(next < rest ? next : TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)), cancellationToken).ConfigureAwait(false);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
        while (stopwatch.Elapsed < request.Wait);

        var causes = await Diagnosis.FindCausesAsync(request, snapshot, cancellationToken).ConfigureAwait(false);
        return new VerificationReport(request, snapshot, causes);
    }

    private static async Task<(string? TraceId, Snapshot Snapshot)> ReadAsync(VerificationRequest request, string? traceId, CancellationToken cancellationToken)
    {
        if (traceId is not null)
        {
            return (traceId, Snapshot.Of(await ReadTraceAsync(traceId).ConfigureAwait(false), isNamed: request.Trace is not null));
        }

        // The search for the latest trace also returns its spans. With several backends, all have to return the same trace.
        var latest = await ReadAllAsync(async backend =>
            (await LatestTraces.FindAsync(backend, request.Service, 1, cancellationToken).ConfigureAwait(false)).FirstOrDefault()).ConfigureAwait(false);
        var found = latest.Select(response => response.Value).OfType<TraceData>().MaxBy(trace => (LatestTraces.HasCall(trace), trace.Start))?.Id;
        if (found is not null && latest.Length > 1 && !cancellationToken.IsCancellationRequested)
        {
            latest = await ReadTraceAsync(found).ConfigureAwait(false);
        }

        return (found, Snapshot.Of([.. latest.Select(response => response.Value?.Id == found ? response : response with { Value = null })], isNamed: false));

        Task<BackendResponse<TraceData>[]> ReadTraceAsync(string id) => ReadAllAsync(backend => backend.GetTraceAsync(id, cancellationToken));

        Task<BackendResponse<TraceData>[]> ReadAllAsync(Func<ITraceBackend, Task<TraceData?>> read) =>
            Task.WhenAll(request.Backends.Select(backend => BackendResponse<TraceData>.ReadAsync(backend, read)));
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>Decides when no more spans of a trace are expected.</summary>
    private sealed class CompletionDetector(TimeSpan exportDelay)
    {
        /// <summary>The time that an export itself takes, in addition to the batch delay.</summary>
        private static readonly TimeSpan Transit = TimeSpan.FromSeconds(1);

        /// <summary>How long no span may have arrived if all spans are old enough to have been exported.</summary>
        private static readonly TimeSpan ShortQuiet = TimeSpan.FromMilliseconds(500);

        /// <summary>After this time an exporter has stopped to retry.</summary>
        private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

        private (int All, int Held)? _lastCount;
        private TimeSpan _lastChange;

        public void Observe(Snapshot snapshot, TimeSpan elapsed)
        {
            var count = (snapshot.Trace?.Spans.Count ?? 0, snapshot.Backends.Sum(backend => backend.Spans));
            if (count != _lastCount)
            {
                (_lastCount, _lastChange) = (count, elapsed);
            }
        }

        /// <summary>
        /// Returns the time until no more spans are expected, if none arrive; null if unknown. A joined trace stays joined once its last
        /// span is older than the batch delay, or none arrived for that long (other machines' clocks may differ). An incomplete trace
        /// may be completed until exporters have stopped to retry.
        /// </summary>
        public TimeSpan? Remaining(Snapshot snapshot, TimeSpan elapsed, DateTimeOffset now)
        {
            if (snapshot.Trace is not { } trace)
            {
                return null;
            }

            var quiet = elapsed - _lastChange;
            var age = now - trace.End;
            var batch = exportDelay + Transit;
            return age > LastRetry ? (snapshot.IsComplete ? TimeSpan.Zero : ShortQuiet - quiet)
                : snapshot.IsComplete ? Min(batch - quiet, Max(batch - age, ShortQuiet - quiet))
                : null;
        }
    }
}
