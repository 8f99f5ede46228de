using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public class AssertionTests
{
    [Fact]
    public async Task A_failure_shows_verdict_causes_and_waterfall()
    {
        var report = await VerifyAsync(Span(1), Call(2, 1));

        var message = Failure(() => report.EnsureJoined());

        message.ShouldContain("not joined: 0 of 1 client calls");
        message.ShouldContain("1. The trace has only client spans");
        message.ShouldContain("MilvusService/Search (milvus-client)");
    }

    [Fact]
    public async Task Errors_and_calls_are_counted_and_the_slowest_call_of_an_operation_counts()
    {
        var report = await VerifyAsync(
            Span(1, isError: true), Call(2, 1, milliseconds: 300), Server(3, 2), Call(4, 1, milliseconds: 100), Server(5, 4));

        Failure(() => report.EnsureJoined().EnsureNoErrors()).ShouldContain("1 did");
        Failure(() => report.EnsureMilvusCalls(atMost: 1)).ShouldContain("was called 2 times");
        Failure(() => report.EnsureWithin("search", TimeSpan.FromMilliseconds(200))).ShouldContain("took 300 ms");
        Failure(() => report.EnsureWithin("query", TimeSpan.MaxValue)).ShouldContain("has search");
        report.EnsureWithin("search", TimeSpan.FromMilliseconds(300)).EnsureMilvusCalls(atMost: 2);
    }

    [Fact]
    public async Task Without_a_trace_every_assertion_fails()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger"));

        Failure(() => report.EnsureJoined());
        Failure(() => report.EnsureNoErrors());
        Failure(() => report.EnsureMilvusCalls(atMost: 3));
        Failure(() => report.EnsureWithin("search", TimeSpan.MaxValue));
    }

    private static string Failure(Action assertion) => Should.Throw<TraceAssertionException>(assertion).Message;
}
