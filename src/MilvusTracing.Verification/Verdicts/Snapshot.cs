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

    public static Snapshot Of(IReadOnlyList<BackendResponse<TraceData>> responses)
    {
        var traces = responses.Select(response => response.Value).OfType<TraceData>().Where(trace => trace.Spans.Count > 0).ToList();
        var merged = traces.Count <= 1 ? traces.SingleOrDefault() : new TraceData(traces[0].Id, traces.SelectMany(trace => trace.Spans));
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
                Joined = isWhole ? verdict!.Joined : response.Value is not null && Verdict.Of(response.Value).Joined,
            };
        }
    }
}
