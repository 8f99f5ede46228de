namespace MilvusTracing.Verification;

/// <summary>The response of one backend, or why there is none.</summary>
internal sealed record BackendResponse<T>(ITraceBackend Backend, T? Value, Cause? Failure)
    where T : class
{
    /// <summary>Reads from one backend. An exception or a timeout becomes the cause of its failure.</summary>
    public static async Task<BackendResponse<T>> ReadAsync(ITraceBackend backend, Func<ITraceBackend, Task<T?>> read)
    {
        try
        {
            return new(backend, await read(backend).ConfigureAwait(false), null);
        }
        catch (BackendException exception)
        {
            return Failed(exception.Cause);
        }
        catch (OperationCanceledException)
        {
            return Failed(BackendFailure.TimedOut(backend));
        }
        catch (Exception exception)
        {
            return Failed(BackendFailure.Unexpected(backend, exception));
        }

        BackendResponse<T> Failed(Cause cause) => new(backend, null, cause with { Backend = Printable.Of(backend.Name) });
    }
}

/// <summary>What all backends hold of a trace at one moment.</summary>
internal sealed record Snapshot(IReadOnlyList<BackendResult> Backends, TraceData? Trace, Verdict? Verdict)
{
    /// <summary>Whether the trace is joined, and the same in every backend that can be read.</summary>
    public bool IsComplete => Verdict is { Joined: true }
        && Backends.All(backend => backend.Failure is not null || (backend.Joined && backend.Missing.Count == 0));

    /// <param name="responses">The responses of the backends.</param>
    /// <param name="isNamed">Whether the trace was named by its id, and so may begin outside.</param>
    public static Snapshot Of(IReadOnlyList<BackendResponse<TraceData>> responses, bool isNamed)
    {
        var traces = responses.Select(response => response.Value).OfType<TraceData>().Where(trace => trace.Spans.Count > 0).ToList();
        var merged = traces.Count == 0 ? null
            : traces.Count == 1 && !isNamed ? traces[0]
            : new TraceData(traces[0].Id, traces.SelectMany(trace => trace.Spans)) { MayBeginOutside = isNamed };
        var verdict = merged is null ? null : Verdict.Of(merged);
        return new Snapshot([.. responses.Select(ToResult)], merged, verdict);

        BackendResult ToResult(BackendResponse<TraceData> response)
        {
            var isWhole = merged is not null && response.Value?.Spans.Count == merged.Spans.Count;
            var held = response.Value?.Spans.Select(span => span.Id).ToHashSet() ?? [];
            return new BackendResult(
                Printable.Of(response.Backend.Name),
                response.Backend.Url,
                response.Value?.Spans.Count ?? 0,
                isWhole || response.Failure is not null ? [] : [.. (merged?.Spans ?? []).Select(span => span.Id).Where(id => !held.Contains(id))],
                response.Failure)
            {
                Joined = isWhole ? verdict!.Joined : response.Value is { } part && Verdict.Of(AsPart(part)).Joined,
            };
        }

        // A backend that lacks the root of the trace does not hold a trace that begins outside.
        TraceData AsPart(TraceData part) => merged is { Graph.BeginsOutside: true } ? new TraceData(part.Id, part.Spans) { MayBeginOutside = true } : part;
    }
}
