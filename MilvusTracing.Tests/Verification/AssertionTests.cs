using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public class AssertionTests
{
    [Fact]
    public async Task A_joined_trace_passes_all_assertions()
    {
        var report = await VerifyAsync(Joined().Spans);

        report.EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromMilliseconds(1)).EnsureMilvusCalls(atMost: 1).ShouldBeSameAs(report);
    }

    [Fact]
    public async Task A_failure_shows_verdict_causes_and_waterfall()
    {
        var report = await VerifyAsync(Span(1), Call(2, 1));

        var message = Should.Throw<TraceAssertionException>(() => report.EnsureJoined()).Message;

        message.ShouldContain("not joined: 0 of 1 client calls");
        message.ShouldContain("1. The trace has only client spans");
        message.ShouldContain("MilvusService/Search (milvus-client)");
    }

    [Fact]
    public async Task Errors_are_counted()
    {
        var report = await VerifyAsync([.. Joined().Spans, Span(4, 1, "broken", isError: true)]);

        Should.Throw<TraceAssertionException>(() => report.EnsureJoined().EnsureNoErrors()).Message.ShouldContain("1 did");
    }

    [Fact]
    public async Task The_slowest_call_of_an_operation_counts()
    {
        var report = await VerifyAsync(Span(1), Call(2, 1, milliseconds: 300), Server(3, 2), Call(4, 1, milliseconds: 100), Server(5, 4));

        Should.Throw<TraceAssertionException>(() => report.EnsureWithin("search", TimeSpan.FromMilliseconds(200))).Message.ShouldContain("took 300 ms");
        Should.Throw<TraceAssertionException>(() => report.EnsureWithin("query", TimeSpan.MaxValue)).Message.ShouldContain("has search");
        report.EnsureWithin("search", TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task Calls_are_counted()
    {
        var report = await VerifyAsync([Span(1), .. Enumerable.Range(10, 4).SelectMany(i => new[] { Call(i, 1, at: i), Server(i + 10, i, at: i) })]);

        Should.Throw<TraceAssertionException>(() => report.EnsureMilvusCalls(atMost: 3)).Message.ShouldContain("was called 4 times");
    }

    [Fact]
    public async Task Without_a_trace_every_assertion_fails()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger"));

        Should.Throw<TraceAssertionException>(() => report.EnsureJoined());
        Should.Throw<TraceAssertionException>(() => report.EnsureNoErrors());
        Should.Throw<TraceAssertionException>(() => report.EnsureMilvusCalls(atMost: 3));
        Should.Throw<TraceAssertionException>(() => report.EnsureWithin("search", TimeSpan.MaxValue));
    }
}
