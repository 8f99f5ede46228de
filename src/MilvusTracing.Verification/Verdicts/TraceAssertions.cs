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

    /// <summary>Asserts that the calls of an operation are not slower than before, by more than a fraction and more than chance explains.</summary>
    /// <param name="report">The report of a verification; its trace needs 8 calls of the operation or more.</param>
    /// <param name="baseline">The durations before, with 8 calls or more.</param>
    /// <param name="operation">The operation in snake case, as in <c>db.operation.name</c>.</param>
    /// <param name="byAtMost">The growth of the median that is allowed: 0.2 for 20 %.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="TraceAssertionException">The calls are slower, or there are too few to tell.</exception>
    public static VerificationReport EnsureNotSlowerThan(this VerificationReport report, Baseline baseline, string operation, double byAtMost)
    {
        EnsureNotSlowerThan(Explanation.Of(report.Trace is { } trace ? [trace] : []), baseline, operation, byAtMost);
        return report;
    }

    /// <summary>Asserts that the calls of an operation are not slower than before, by more than a fraction and more than chance explains.</summary>
    /// <param name="explanation">An explanation of all later calls, 8 or more of the operation.</param>
    /// <param name="baseline">The durations before, with 8 calls or more.</param>
    /// <param name="operation">The operation in snake case, as in <c>db.operation.name</c>.</param>
    /// <param name="byAtMost">The growth of the median that is allowed: 0.2 for 20 %.</param>
    /// <returns>The same explanation.</returns>
    /// <exception cref="TraceAssertionException">The calls are slower, or there are too few to tell.</exception>
    public static Explanation EnsureNotSlowerThan(this Explanation explanation, Baseline baseline, string operation, double byAtMost)
    {
        var comparison = Comparison.Of(baseline, explanation);
        var compared = comparison.Operations.Where(compared => compared.Name == operation).ToList();
        var isTooFew = compared.Count == 0 || compared.Any(compared => compared.Whole.Change == Change.TooFewCalls);
        return !isTooFew && !compared.Any(compared => compared.IsSlowerBy(byAtMost)) ? explanation : throw new TraceAssertionException(
            (isTooFew
                ? $"'{operation}' needs {Comparison.MinCalls} calls before and {Comparison.MinCalls} now, to compare them."
                : FormattableString.Invariant($"The median of '{operation}' should grow by at most {byAtMost:0.#%}."))
            + $"{Environment.NewLine}{comparison.ToPlainText()}");
    }

    private static VerificationReport Ensure(VerificationReport report, bool condition, string expectation) =>
        condition ? report : throw new TraceAssertionException($"{expectation}{Environment.NewLine}{report.ToPlainText()}");
}

/// <summary>A trace does not meet an assertion.</summary>
/// <param name="message">The expectation, and the report.</param>
public sealed class TraceAssertionException(string message) : Exception(message);
