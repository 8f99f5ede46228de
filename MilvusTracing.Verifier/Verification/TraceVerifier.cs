using System.Diagnostics;
using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Diagnosis;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Verification;

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
    private static readonly TimeSpan ShortestLook = TimeSpan.FromSeconds(5);

    /// <summary>Reads the trace until it is still or the wait is over, judges it, and looks for causes where it falls short.</summary>
    /// <param name="request">What, where and how long.</param>
    /// <param name="progress">Told after each look while it waits.</param>
    /// <param name="cancellationToken">Gives up with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The report; a backend that cannot be asked is part of it and throws nothing.</returns>
    /// <exception cref="ArgumentException">The request names no backend.</exception>
    public static async Task<VerificationReport> VerifyAsync(
        VerificationRequest request, IProgress<VerificationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (request.Backends.Count == 0)
        {
            throw new ArgumentException("At least one backend is needed.", nameof(request));
        }

        var stopwatch = Stopwatch.StartNew();
        var traceId = request.Trace?.TraceId;
        var stillness = new Stillness(request.ExportDelay);
        var pause = FirstPause;
        Snapshot? snapshot = null;
        while (true)
        {
            var lookedAt = stopwatch.Elapsed;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var remaining = request.Wait - lookedAt;
            limit.CancelAfter(snapshot is null && remaining < ShortestLook ? ShortestLook : remaining);
            try
            {
                (traceId, snapshot) = await LookAsync(request, traceId, limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                snapshot ??= Silent(request);
            }

            stillness.Saw(snapshot, stopwatch.Elapsed);
            if (snapshot.Backends.All(backend => backend.Failure is not null)
                || request.Trace is { Sampled: false }
                || stillness.IsStill(snapshot, stopwatch.Elapsed, DateTimeOffset.UtcNow))
            {
                break;
            }

            // A large trace takes long to read: then looks are as far apart as one takes.
            var look = stopwatch.Elapsed - lookedAt;
            var rest = request.Wait - stopwatch.Elapsed;
            if (rest <= TimeSpan.Zero)
            {
                break;
            }

            progress?.Report(new VerificationProgress(stopwatch.Elapsed, request.Wait, snapshot.Verdict));
            var next = look > pause ? look : pause;
            await Task.Delay(next < rest ? next : rest, cancellationToken);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
            if (request.Wait <= stopwatch.Elapsed)
            {
                break;
            }
        }

        var causes = await Diagnostician.FindCausesAsync(request, snapshot, cancellationToken);
        return new VerificationReport(traceId, snapshot, causes);
    }

    private static async Task<(string? TraceId, Snapshot Snapshot)> LookAsync(
        VerificationRequest request, string? traceId, CancellationToken cancellationToken)
    {
        if (traceId is not null)
        {
            return (traceId, await ReadAsync(request, backend => backend.GetTraceAsync(traceId, cancellationToken)));
        }

        // The first look for the latest trace brings its spans along; with several backends, all have to look at the same one.
        var latest = await ReadAsync(request, async backend =>
            (await backend.FindTracesAsync(new TraceQuery(request.Service, Limit: 1), cancellationToken)).MaxBy(trace => trace.Start));
        var found = latest.Backends.Select(backend => backend.Trace).OfType<TraceData>().MaxBy(trace => trace.Start)?.Id;
        return found is null || latest.Backends.Count == 1
            ? (found, latest)
            : (found, await ReadAsync(request, backend => backend.GetTraceAsync(found, cancellationToken)));
    }

    private static async Task<Snapshot> ReadAsync(VerificationRequest request, Func<ITraceBackend, Task<TraceData?>> read) =>
        Snapshot.Of(await Task.WhenAll(request.Backends.Select(async backend =>
        {
            try
            {
                return (backend, await read(backend), (Cause?)null);
            }
            catch (BackendException exception)
            {
                return (backend, null, exception.Cause);
            }
        })));

    /// <summary>What is known when the backends took the connection and no answer came in time.</summary>
    private static Snapshot Silent(VerificationRequest request) =>
        Snapshot.Of([.. request.Backends.Select(backend => (backend, (TraceData?)null, (Cause?)new Cause(
            CauseCodes.BackendUnreachable,
            $"{BackendKind.TitleOf(backend.Name)}{(backend.Url is { } url ? $" at {ShownAddress.Of(url)}" : "")} did not answer in time.",
            "Check that it is up, or give it longer by --wait.")))]);
}
