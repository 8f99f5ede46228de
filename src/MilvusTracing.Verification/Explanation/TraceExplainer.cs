namespace MilvusTracing.Verification;

/// <summary>Which traces to explain.</summary>
public sealed record ExplanationRequest
{
    /// <summary>The backends to read, at least one. The spans of all are merged.</summary>
    public required IReadOnlyList<ITraceBackend> Backends { get; init; }

    /// <summary>The trace; null for the latest traces of <see cref="Service"/> with a call of Milvus.</summary>
    public TraceReference? Trace { get; init; }

    /// <summary>The <c>service.name</c> of the service that calls Milvus.</summary>
    public string Service { get; init; } = VerificationRequest.DefaultService;

    /// <summary>How many of the latest traces to read, 1 or more; 50 by default.</summary>
    public int Last { get; init; } = 50;

    /// <summary>The operation to explain, as in <c>db.operation.name</c>; null for all.</summary>
    public string? Operation { get; init; }

    /// <summary>Whether to explain only the slowest call.</summary>
    public bool Slowest { get; init; }

    /// <summary>The longest time that reading may take, 2 s at least; 10 s by default.</summary>
    public TimeSpan Wait { get; init; } = VerificationRequest.DefaultWait;
}

/// <summary>Explains how the time of Milvus's operations divides into parts.</summary>
/// <example>
/// <code>
/// using var jaeger = new JaegerBackend(new Uri("http://localhost:16686"));
/// var explanation = await TraceExplainer.ExplainAsync(new ExplanationRequest { Backends = [jaeger], Operation = "search", Slowest = true });
/// Console.WriteLine(explanation.ToPlainText());
/// </code>
/// </example>
public static class TraceExplainer
{
    /// <summary>Reads the traces once and divides the time of their operations.</summary>
    /// <param name="request">Which traces, in which backends.</param>
    /// <param name="cancellationToken">Cancels reading with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The explanation. A backend that cannot be read is part of it and throws no exception.</returns>
    public static async Task<Explanation> ExplainAsync(ExplanationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(request.Wait > TraceVerifier.ShortestRead ? request.Wait : TraceVerifier.ShortestRead);
        var reads = request.Backends.Select(backend => BackendResponse<IReadOnlyList<TraceData>>.ReadAsync(backend, ReadAsync));
        var responses = await Task.WhenAll(reads).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var traces = responses
            .SelectMany(response => response.Value ?? [])
            .GroupBy(trace => trace.Id)
            .Select(same => same.Count() == 1 ? same.Single() : new TraceData(same.Key, same.SelectMany(trace => trace.Spans)))
            .OrderByDescending(trace => trace.Start)
            .Take(request.Trace is null ? request.Last : 1)
            .ToList();
        return new Explanation(traces, request.Operation, request.Slowest, [.. responses.Select(response => response.Failure).OfType<Cause>()]);

        async Task<IReadOnlyList<TraceData>?> ReadAsync(ITraceBackend backend) => request.Trace is { } trace
            ? await backend.GetTraceAsync(trace.TraceId, limit.Token).ConfigureAwait(false) is { } found ? [found] : []
            : await LatestTraces.FindAsync(backend, request.Service, request.Last, limit.Token).ConfigureAwait(false);
    }
}
