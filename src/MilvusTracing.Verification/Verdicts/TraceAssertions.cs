namespace MilvusTracing.Verification;

/// <summary>Assertions on a verified trace. Each returns the report, or throws with the verdict, the causes and the waterfall in the message.</summary>
/// <example>
/// <code>
/// var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [jaeger], Service = "shop" });
/// report.EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromMilliseconds(200)).EnsureMilvusCalls(atMost: 3);
/// </code>
/// </example>
public static class TraceAssertions
{
    /// <summary>Asserts that the trace is joined in every backend.</summary>
    /// <param name="report">The report of a verification.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">The trace is not joined, or could not be checked.</exception>
    public static VerificationReport EnsureJoined(this VerificationReport report) =>
        Ensure(report, report.Outcome == Outcome.Joined, "The trace should be joined.");

    /// <summary>Asserts that no span of the trace has the status Error.</summary>
    /// <param name="report">The report of a verification.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">A span has, or there is no trace.</exception>
    public static VerificationReport EnsureNoErrors(this VerificationReport report) => Ensure(
        report, report.Verdict?.Errors == 0, $"No span should have the status Error, but "
            + $"{(report.Verdict is { } verdict ? $"{verdict.Errors} did" : "there is no trace")}.");

    /// <summary>Asserts that every call of an operation took at most a time, measured at the client.</summary>
    /// <param name="report">The report of a verification.</param>
    /// <param name="operation">The operation in snake case, as in <c>db.operation.name</c>: <c>search</c>, <c>load_collection</c>.</param>
    /// <param name="limit">The longest time allowed.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">A call took longer, or the trace has no such operation.</exception>
    public static VerificationReport EnsureWithin(this VerificationReport report, string operation, TimeSpan limit)
    {
        var all = MilvusOperation.In(report.Trace).ToList();
        var longest = all.Where(call => call.Name == operation).Select(call => (TimeSpan?)call.Span.Duration).Max();
        return Ensure(
            report,
            longest <= limit,
            longest is null
                ? $"The trace should have an operation '{operation}', but has "
                    + $"{Format.Names([.. all.Select(call => call.Name).Distinct().DefaultIfEmpty("no operation of Milvus")])}."
                : $"'{operation}' should take at most {Format.Duration(limit)}, but took {Format.Duration(longest.Value)}.");
    }

    /// <summary>Asserts that the trace has at most a number of calls to Milvus, for example to detect a search per row.</summary>
    /// <param name="report">The report of a verification.</param>
    /// <param name="atMost">The largest number of gRPC calls allowed.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">There are more calls, or there is no trace.</exception>
    public static VerificationReport EnsureMilvusCalls(this VerificationReport report, int atMost) => Ensure(
        report,
        report.Verdict?.ClientCalls <= atMost,
        $"Milvus should be called at most {atMost} times, but "
            + $"{(report.Verdict is { } verdict ? $"was called {verdict.ClientCalls} times" : "there is no trace")}.");

    private static VerificationReport Ensure(VerificationReport report, bool condition, string expectation) =>
        condition ? report : throw new TraceAssertionException($"{expectation}{Environment.NewLine}{report.ToPlainText()}");
}

/// <summary>A trace does not meet an assertion.</summary>
/// <param name="message">The expectation, and the report.</param>
public sealed class TraceAssertionException(string message) : Exception(message);
