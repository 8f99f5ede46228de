using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verifier.Spans;

namespace MilvusTracing.Tests.Verifier;

/// <summary>What users' tests demand of a trace.</summary>
public class AssertionTests
{
    [Fact]
    public async Task A_good_trace_passes_all()
    {
        var report = await VerifyAsync(Joined());

        report.EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromMilliseconds(1)).EnsureMilvusCalls(atMost: 1).ShouldBeSameAs(report);
    }

    [Fact]
    public async Task What_is_not_joined_is_told_with_verdict_and_causes()
    {
        var report = await VerifyAsync(Trace(Span(1), Call(2, 1)));

        var message = Should.Throw<TraceAssertionException>(() => report.EnsureJoined()).Message;

        message.ShouldStartWith("The trace should be joined.");
        message.ShouldContain("not joined: 0 of 1 client calls");
        message.ShouldContain("1. There are client spans only");
        message.ShouldContain("MilvusService/Search (milvus-client)");
    }

    [Fact]
    public async Task An_error_is_told()
    {
        var report = await VerifyAsync(Trace([.. Joined().Spans, Span(4, 1, "broken", isError: true)]));

        Should.Throw<TraceAssertionException>(() => report.EnsureJoined().EnsureNoErrors()).Message.ShouldStartWith("No span should end in error, and 1 did.");
    }

    [Fact]
    public async Task An_operation_that_took_too_long_is_told()
    {
        var report = await VerifyAsync(Trace(Span(1), Call(2, 1, milliseconds: 300), Server(3, 2), Call(4, 1, milliseconds: 100), Server(5, 4)));

        Should.Throw<TraceAssertionException>(() => report.EnsureWithin("search", TimeSpan.FromMilliseconds(200)))
            .Message.ShouldStartWith("'search' should take 200 ms at most, and took 300 ms.");
        report.EnsureWithin("search", TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task An_operation_that_is_not_there_is_not_within_any_time() =>
        Should.Throw<TraceAssertionException>(async () => (await VerifyAsync(Joined())).EnsureWithin("query", TimeSpan.MaxValue))
            .Message.ShouldStartWith("The trace should have an operation 'query', and has none; it has search.");

    [Fact]
    public async Task Too_many_calls_are_told()
    {
        var calls = Enumerable.Range(10, 4).SelectMany(i => new[] { Call(i, 1, at: i), Server(i + 10, i, at: i) });

        Should.Throw<TraceAssertionException>(async () => (await VerifyAsync(Trace([Span(1), .. calls]))).EnsureMilvusCalls(atMost: 3))
            .Message.ShouldStartWith("Milvus should be called 3 times at most, and was called 4 times.");
    }

    [Fact]
    public async Task Without_a_trace_nothing_holds()
    {
        var report = await VerifyAsync();

        Should.Throw<TraceAssertionException>(() => report.EnsureJoined());
        Should.Throw<TraceAssertionException>(() => report.EnsureNoErrors());
        Should.Throw<TraceAssertionException>(() => report.EnsureMilvusCalls(atMost: 3));
        Should.Throw<TraceAssertionException>(() => report.EnsureWithin("search", TimeSpan.MaxValue));
    }

    private static Task<VerificationReport> VerifyAsync(params TraceData[] traces) => TraceVerifier.VerifyAsync(new VerificationRequest
    {
        Backends = [new MemoryBackend("jaeger", traces.Length > 0 ? traces : new TraceData?[] { null })],
        Wait = TimeSpan.Zero,
    });
}
