namespace MilvusTracing.Verification;

/// <summary>What a test may demand of a trace. Each returns the report again; what fails throws with the verdict, the causes and the waterfall in the message.</summary>
/// <example>
/// <code>
/// var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [jaeger], Service = "shop" });
/// report.EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromMilliseconds(200)).EnsureMilvusCalls(atMost: 3);
/// </code>
/// </example>
public static class TraceAssertions
{
    /// <summary>The trace is joined in every backend.</summary>
    /// <param name="report">A verification's result.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">It is not, or could not be checked.</exception>
    public static VerificationReport EnsureJoined(this VerificationReport report) =>
        Ensure(report, report.Outcome == Outcome.Joined, "The trace should be joined.");

    /// <summary>No span of the trace ended in error.</summary>
    /// <param name="report">A verification's result.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">One did, or there is no trace.</exception>
    public static VerificationReport EnsureNoErrors(this VerificationReport report) =>
        Ensure(report, report.Verdict?.Errors == 0, $"No span should end in error, and {(report.Verdict is { } verdict ? $"{verdict.Errors} did" : "there is no trace")}.");

    /// <summary>Every call of an operation took no longer than a time, seen from the client.</summary>
    /// <param name="report">A verification's result.</param>
    /// <param name="operation">The operation in snake case, as in <c>db.operation.name</c>: <c>search</c>, <c>load_collection</c>.</param>
    /// <param name="limit">The longest that one may take.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">One took longer, or there is none.</exception>
    public static VerificationReport EnsureWithin(this VerificationReport report, string operation, TimeSpan limit)
    {
        var calls = MilvusOperation.In(report.Snapshot.Graph).Where(call => call.Name == operation).ToList();
        var longest = calls.Select(call => call.Span.Duration).DefaultIfEmpty().Max();
        return Ensure(
            report,
            calls.Count > 0 && longest <= limit,
            calls.Count == 0
                ? $"The trace should have an operation '{operation}', and has none; it has {Format.Names([.. MilvusOperation.In(report.Snapshot.Graph).Select(call => call.Name).Distinct().DefaultIfEmpty("no operation of Milvus at all")])}."
                : $"'{operation}' should take {Format.Duration(limit)} at most, and took {Format.Duration(longest)}.");
    }

    /// <summary>The trace calls Milvus no more often than a number of times: a guard against a search for each row.</summary>
    /// <param name="report">A verification's result.</param>
    /// <param name="atMost">The most gRPC calls to Milvus.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">It calls more often, or there is no trace.</exception>
    public static VerificationReport EnsureMilvusCalls(this VerificationReport report, int atMost) => Ensure(
        report,
        report.Verdict?.ClientCalls <= atMost,
        $"Milvus should be called {atMost} times at most, and {(report.Verdict is { } verdict ? $"was called {verdict.ClientCalls} times" : "there is no trace")}.");

    private static VerificationReport Ensure(VerificationReport report, bool isSo, string demand) =>
        isSo ? report : throw new TraceAssertionException($"{demand}{Environment.NewLine}{report.ToPlainText()}");
}

/// <summary>A trace is not as a test demands.</summary>
/// <param name="message">What was demanded, and the report.</param>
public sealed class TraceAssertionException(string message) : Exception(message);
