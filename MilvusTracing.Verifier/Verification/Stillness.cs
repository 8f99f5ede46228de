namespace MilvusTracing.Verifier.Verification;

/// <summary>Decides when no more spans of a trace are to be expected.</summary>
internal sealed class Stillness(TimeSpan exportDelay)
{
    /// <summary>An export's own way, on top of the batch delay.</summary>
    private static readonly TimeSpan Transit = TimeSpan.FromSeconds(1);

    /// <summary>How long nothing may have come where the spans' own times say that everything was sent.</summary>
    private static readonly TimeSpan ShortQuiet = TimeSpan.FromMilliseconds(500);

    /// <summary>After this even an exporter that retries has given up.</summary>
    private static readonly TimeSpan LongAgo = TimeSpan.FromMinutes(1);

    private (int All, int Held)? _lastCount;
    private TimeSpan _lastChange;

    public void Saw(Snapshot snapshot, TimeSpan elapsed)
    {
        var count = (snapshot.Trace?.Spans.Count ?? 0, snapshot.Backends.Sum(backend => backend.Spans));
        if (count != _lastCount)
        {
            _lastCount = count;
            _lastChange = elapsed;
        }
    }

    /// <summary>
    /// A complete trace is still once its last span is older than a batch takes, or nothing came for that long (the clocks of
    /// other machines may be wrong); one that falls short may yet be completed until exporters have given up.
    /// </summary>
    public bool IsStill(Snapshot snapshot, TimeSpan elapsed, DateTimeOffset now)
    {
        if (snapshot.Trace is not { } trace)
        {
            return false;
        }

        var quiet = elapsed - _lastChange;
        var age = now - trace.End;
        var batch = exportDelay + Transit;
        return age > LongAgo ? snapshot.IsComplete || quiet >= ShortQuiet
            : snapshot.IsComplete && (quiet >= batch || (age >= batch && quiet >= ShortQuiet));
    }
}
