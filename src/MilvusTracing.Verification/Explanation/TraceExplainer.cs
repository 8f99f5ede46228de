namespace MilvusTracing.Verification;

/// <summary>Which traces to explain.</summary>
public sealed record ExplanationRequest
{
    /// <summary>Where to look, at least one. What several hold of a trace is explained together.</summary>
    public required IReadOnlyList<ITraceBackend> Backends { get; init; }

    /// <summary>The trace, or null for the latest ones of <see cref="Service"/>.</summary>
    public TraceReference? Trace { get; init; }

    /// <summary>The service that makes the client calls.</summary>
    public string Service { get; init; } = VerificationRequest.DefaultService;

    /// <summary>How many of the latest traces to read, 1 or more.</summary>
    public int Last { get; init; } = 50;

    /// <summary>The only operation of interest, as in <c>db.operation.name</c>; null for all.</summary>
    public string? Operation { get; init; }

    /// <summary>Whether to look at the one slowest call alone.</summary>
    public bool Slowest { get; init; }

    /// <summary>The longest time that reading may take.</summary>
    public TimeSpan Wait { get; init; } = VerificationRequest.DefaultWait;
}

/// <summary>Tells where the time of Milvus's operations went.</summary>
/// <example>
/// <code>
/// using var jaeger = new JaegerBackend(new Uri("http://localhost:16686"));
/// var explanation = await TraceExplainer.ExplainAsync(new ExplanationRequest { Backends = [jaeger], Operation = "search", Slowest = true });
/// Console.WriteLine(explanation.ToPlainText());
/// </code>
/// </example>
public static class TraceExplainer
{
    /// <summary>Reads the traces as they are by now, and divides the time of their operations.</summary>
    /// <param name="request">Which traces, and where.</param>
    /// <param name="cancellationToken">Gives up with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The explanation; a backend that cannot be asked is part of it and throws nothing.</returns>
    public static async Task<Explanation> ExplainAsync(ExplanationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(request.Wait);
        var answers = await Task.WhenAll(request.Backends.Select(backend => TraceVerifier.AskAsync(backend, ReadAsync))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var traces = answers
            .SelectMany(answer => answer.Answer ?? [])
            .GroupBy(trace => trace.Id)
            .Select(same => same.Count() == 1 ? same.Single() : new TraceData(same.Key, same.SelectMany(trace => trace.Spans)))
            .OrderByDescending(trace => trace.Start)
            .Take(request.Trace is null ? request.Last : 1)
            .ToList();
        return Explanation.Of(traces, request.Operation, request.Slowest, [.. answers.Select(answer => answer.Failure).OfType<Cause>()]);

        async Task<IReadOnlyList<TraceData>> ReadAsync(ITraceBackend backend) => request.Trace is { } trace
            ? await backend.GetTraceAsync(trace.TraceId, limit.Token).ConfigureAwait(false) is { } found ? [found] : []
            : await backend.FindTracesAsync(new TraceQuery(request.Service, request.Last), limit.Token).ConfigureAwait(false);
    }
}
