using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>Proves that a client's spans and Milvus's own arrived and joined, or finds out why not.</summary>
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

    /// <summary>The least time that a first look at the backends may take, however short the wait.</summary>
    private static readonly TimeSpan ShortestLook = TimeSpan.FromSeconds(2);

    /// <summary>Reads the trace until it is complete or the wait is over, judges it, and looks for causes where it falls short.</summary>
    /// <param name="request">What, where and how long.</param>
    /// <param name="progress">Told after each look while it waits.</param>
    /// <param name="cancellationToken">Gives up with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The report; a backend that cannot be asked, or answers nonsense, is part of it and throws nothing.</returns>
    /// <exception cref="ArgumentException">The request names no backend.</exception>
    public static async Task<VerificationReport> VerifyAsync(
        VerificationRequest request, IProgress<VerificationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Backends.Count == 0)
        {
            throw new ArgumentException("At least one backend is needed.", nameof(request));
        }

        var stopwatch = Stopwatch.StartNew();
        var traceId = request.Trace?.TraceId;
        var completion = new CompletionDetector(request.ExportDelay);
        var pause = FirstPause;
        Snapshot? snapshot = null;
        do
        {
            var lookedAt = stopwatch.Elapsed;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var (remaining, least) = (request.Wait - lookedAt, snapshot is null ? ShortestLook : TimeSpan.Zero);
            limit.CancelAfter(remaining > least ? remaining : least);
            var (foundId, looked) = await LookAsync(request, traceId, limit.Token).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (snapshot is null || !limit.IsCancellationRequested)
            {
                (traceId, snapshot) = (foundId, looked);
            }

            completion.Observe(snapshot, stopwatch.Elapsed);
            var toCompletion = completion.Remaining(snapshot, stopwatch.Elapsed, DateTimeOffset.UtcNow);
            var rest = request.Wait - stopwatch.Elapsed;
            if (rest <= TimeSpan.Zero
                || request.Trace is { Sampled: false }
                || snapshot.Backends.All(backend => backend.Failure is not null)
                || toCompletion <= TimeSpan.Zero)
            {
                break;
            }

            // A large trace takes long to read: then looks are as far apart as one takes.
            progress?.Report(new VerificationProgress(stopwatch.Elapsed, request.Wait, snapshot.Verdict));
            var look = stopwatch.Elapsed - lookedAt;
            var next = toCompletion < pause ? toCompletion.Value : pause;
            next = look > next ? look : next;
            await Task.Delay(next < rest ? next : TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)), cancellationToken).ConfigureAwait(false);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
        while (stopwatch.Elapsed < request.Wait);

        var causes = await Diagnosis.FindCausesAsync(request, snapshot, cancellationToken).ConfigureAwait(false);
        return new VerificationReport(traceId, snapshot, causes);
    }

    /// <summary>Asks one backend; whatever it throws is the cause why it could not be asked, and so is that the time was over.</summary>
    internal static async Task<(T? Answer, Cause? Failure)> AskAsync<T>(ITraceBackend backend, Func<ITraceBackend, Task<T>> ask)
    {
        try
        {
            return (await ask(backend).ConfigureAwait(false), null);
        }
        catch (BackendException exception)
        {
            return (default, exception.Cause);
        }
        catch (OperationCanceledException)
        {
            return (default, BackendFailure.TimedOut(backend));
        }
        catch (Exception exception)
        {
            return (default, BackendFailure.Unexpected(backend, exception));
        }
    }

    private static async Task<(string? TraceId, Snapshot Snapshot)> LookAsync(
        VerificationRequest request, string? traceId, CancellationToken cancellationToken)
    {
        if (traceId is not null)
        {
            return (traceId, Snapshot.Of(await ReadAsync(request, backend => backend.GetTraceAsync(traceId, cancellationToken)).ConfigureAwait(false)));
        }

        // The first look for the latest trace brings its spans along; with several backends, all have to look at the same one.
        var latest = await ReadAsync(
            request,
            async backend => (await backend.FindTracesAsync(new TraceQuery(request.Service, Limit: 1), cancellationToken).ConfigureAwait(false)).MaxBy(trace => trace.Start)).ConfigureAwait(false);
        var found = latest.Select(reading => reading.Trace).OfType<TraceData>().MaxBy(trace => trace.Start)?.Id;
        if (found is not null && latest.Length > 1 && !cancellationToken.IsCancellationRequested)
        {
            latest = await ReadAsync(request, backend => backend.GetTraceAsync(found, cancellationToken)).ConfigureAwait(false);
        }

        return (found, Snapshot.Of([.. latest.Select(reading => reading with { Trace = reading.Trace?.Id == found ? reading.Trace : null })]));
    }

    private static Task<Reading[]> ReadAsync(VerificationRequest request, Func<ITraceBackend, Task<TraceData?>> read) =>
        Task.WhenAll(request.Backends.Select(async backend =>
        {
            var (trace, failure) = await AskAsync(backend, read).ConfigureAwait(false);
            return new Reading(backend, trace, failure);
        }));

    /// <summary>Decides when no more spans of a trace are to be expected.</summary>
    private sealed class CompletionDetector(TimeSpan exportDelay)
    {
        /// <summary>An export's own way, on top of the batch delay.</summary>
        private static readonly TimeSpan Transit = TimeSpan.FromSeconds(1);

        /// <summary>How long nothing may have come where the spans' own times say that everything was sent.</summary>
        private static readonly TimeSpan ShortQuiet = TimeSpan.FromMilliseconds(500);

        /// <summary>After this even an exporter that retries has given up.</summary>
        private static readonly TimeSpan LongAgo = TimeSpan.FromMinutes(1);

        private (int All, int Held)? _lastCount;
        private TimeSpan _lastChange;

        public void Observe(Snapshot snapshot, TimeSpan elapsed)
        {
            var count = (snapshot.Trace?.Spans.Count ?? 0, snapshot.Backends.Sum(backend => backend.Spans));
            if (count != _lastCount)
            {
                _lastCount = count;
                _lastChange = elapsed;
            }
        }

        /// <summary>
        /// A complete trace stays so once its last span is older than a batch takes, or nothing came for that long (the clocks of
        /// other machines may be wrong); one that falls short may yet be completed until exporters have given up.
        /// </summary>
        /// <returns>The time until no more is to be expected if nothing comes; null where that cannot be said.</returns>
        public TimeSpan? Remaining(Snapshot snapshot, TimeSpan elapsed, DateTimeOffset now)
        {
            if (snapshot.Trace is not { } trace)
            {
                return null;
            }

            var quiet = elapsed - _lastChange;
            var age = now - trace.End;
            if (age > LongAgo)
            {
                return snapshot.IsComplete ? TimeSpan.Zero : ShortQuiet - quiet;
            }

            if (!snapshot.IsComplete)
            {
                return null;
            }

            var batch = exportDelay + Transit;
            var byAge = batch - age > ShortQuiet - quiet ? batch - age : ShortQuiet - quiet;
            return batch - quiet < byAge ? batch - quiet : byAge;
        }
    }
}
