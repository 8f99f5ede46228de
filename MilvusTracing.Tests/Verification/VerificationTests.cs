using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public class VerificationTests
{
    [Fact]
    public async Task The_verdict_is_one_line_and_compares_a_second_backend()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()));
        report.Outcome.ShouldBe(Outcome.Joined);
        report.ToVerdictLine().ShouldBe("joined: 1 of 1 client calls, 1 root, 0 orphans, 3 spans (milvus-client 2, standalone 1)");

        report = await VerifyAsync(new MemoryBackend("jaeger", Joined()), new MemoryBackend("dashboard", Joined()));
        report.ToVerdictLine().ShouldEndWith("3 spans (milvus-client 2, standalone 1); dashboard 3 of 3");
    }

    public static TheoryData<Span[], string, string, string> Incomplete => new()
    {
        { Joined().Spans.ToArray()[..2], "dashboard 2 of 3", "standalone 1", "forwards" },
        { [], "dashboard 0 of 3", "milvus-client 2, standalone 1", "OTEL_EXPORTER_OTLP_ENDPOINT of milvus-client" },
    };

    [Theory]
    [MemberData(nameof(Incomplete))]
    public async Task A_trace_that_a_backend_lacks_in_part_is_not_joined(Span[] spans, string verdict, string message, string fix)
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()), new MemoryBackend("dashboard", Trace(spans)));

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.ToVerdictLine().ShouldEndWith($"3 spans (milvus-client 2, standalone 1); {verdict}");
        report.Backends[1].Missing.ShouldBe(Joined().Spans.Skip(spans.Length).Select(span => span.Id));
        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.BackendIncomplete);
        report.Causes[0].Message.ShouldContain($"({message})");
        report.Causes[0].Fix.ShouldContain(fix);
    }

    [Fact]
    public async Task A_joined_trace_of_which_a_backend_lacks_an_inner_span_is_joined()
    {
        var whole = Trace([.. Joined().Spans, Span(4, 3, service: "segcore")]);
        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()), new MemoryBackend("dashboard", whole));

        report.Outcome.ShouldBe(Outcome.Joined);
        report.ToVerdictLine().ShouldEndWith("; jaeger 3 of 4; dashboard 4 of 4");
        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.BackendIncomplete);
    }

    [Fact]
    public async Task Late_spans_are_waited_for()
    {
        var spans = Recent();
        var backend = new MemoryBackend("jaeger", null, Trace(spans[..2]), Trace(spans));
        var reported = new List<VerificationProgress>();

        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend], ExportDelay = TimeSpan.Zero }, new Progress(reported.Add));

        report.Outcome.ShouldBe(Outcome.Joined);
        backend.Reads.ShouldBeGreaterThan(3, "a complete trace is read again, since more spans may arrive");
        reported.Select(progress => progress.Verdict?.Spans).Take(3).ShouldBe([null, 2, 3]);
        reported[1].ToString().ShouldStartWith("0 of 1 client calls joined, 2 spans; waiting for more (");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task A_recent_incomplete_trace_is_read_until_the_wait_is_over(int seconds)
    {
        var backend = new MemoryBackend("jaeger", Trace(Recent()[..2]));
        var reported = new List<VerificationProgress>();

        var report = await TraceVerifier.VerifyAsync(
            new VerificationRequest { Backends = [backend], Wait = TimeSpan.FromSeconds(seconds) }, new Progress(reported.Add));

        (reported.Count > 0).ShouldBe(seconds > 0);
        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes[0].Code.ShouldBe(CauseCodes.BatchPending);
    }

    [Fact]
    public async Task An_old_joined_trace_is_read_once()
    {
        var backend = new MemoryBackend("jaeger", Joined());

        await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend] });

        backend.Reads.ShouldBe(1);
    }

    [Fact]
    public async Task A_backend_that_does_not_respond_leaves_the_results_of_the_others()
    {
        var silent = new MemoryBackend("dashboard") { Url = new("http://me:secret@localhost:18888"), Before = token => Task.Delay(Timeout.Infinite, token) };

        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()), silent);

        report.Outcome.ShouldBe(Outcome.CouldNotCheck);
        report.ToVerdictLine().ShouldStartWith("could not check: 1 of 1 client calls");
        report.ToVerdictLine().ShouldContain("; dashboard ");
        var cause = report.Causes.ShouldHaveSingleItem();
        cause.Backend.ShouldBe("dashboard");
        cause.Message.ShouldContain("The dashboard at http://localhost:18888 ");
    }

    [Fact]
    public async Task An_exception_of_a_custom_backend_is_reported()
    {
        var broken = new MemoryBackend("mine") { Before = _ => throw new InvalidTimeZoneException("out of order") };

        (await VerifyAsync(broken)).Causes.ShouldHaveSingleItem().Message.ShouldBe("mine failed with InvalidTimeZoneException: out of order");
        (await TraceExplainer.ExplainAsync(new ExplanationRequest { Backends = [broken] })).Failures.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("A9FB8", "000000000000000000000000000a9fb8", null)]
    [InlineData("0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319c", null)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c", true)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "0af7651916cd43dd8448eb211c80319c", false)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("xyz")]
    [InlineData("0af7651916cd43dd8448eb211c80319c0")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    public void A_trace_is_identified_by_id_or_traceparent(string text, string? id = null, bool? sampled = null)
    {
        TraceReference.TryParse(text, out var reference).ShouldBe(id is not null);

        reference.ShouldBe(id is null ? null : new TraceReference(id, sampled));
    }

    /// <summary>The spans of a joined trace that ended just now.</summary>
    private static Span[] Recent() => [.. Joined().Spans.Select(span => span with { Start = DateTimeOffset.UtcNow })];

    private static Task<VerificationReport> VerifyAsync(params ITraceBackend[] backends) =>
        TraceVerifier.VerifyAsync(new VerificationRequest { Backends = backends, Wait = TimeSpan.Zero });

    private sealed class Progress(Action<VerificationProgress> report) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value) => report(value);
    }
}
