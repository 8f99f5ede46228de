using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public class VerificationTests
{
    [Fact]
    public async Task The_verdict_is_one_line()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()));

        report.Outcome.ShouldBe(Outcome.Joined);
        report.ToVerdictLine().ShouldBe("joined: 1 of 1 client calls, 1 root, 0 orphans, 3 spans (milvus-client 2, standalone 1)");
    }

    [Fact]
    public async Task A_second_backend_is_compared()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()), new MemoryBackend("dashboard", Joined()));

        report.ToVerdictLine().ShouldEndWith("3 spans (milvus-client 2, standalone 1); dashboard 3 of 3");
    }

    [Fact]
    public async Task A_backend_without_the_spans_of_Milvus_is_not_joined()
    {
        var report = await VerifyAsync(
            new MemoryBackend("jaeger", Joined()), new MemoryBackend("dashboard", Trace(Span(1, name: "quick_setup"), Call(2, 1))));

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.ToVerdictLine().ShouldEndWith("3 spans (milvus-client 2, standalone 1); dashboard 2 of 3");
        report.Backends[1].Missing.ShouldBe(["0000000000000003"]);
        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.BackendIncomplete);
        report.Causes[0].Message.ShouldContain("standalone 1");
        report.Causes[0].Fix.ShouldContain("forwards");
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

    [Fact]
    public async Task A_recent_incomplete_trace_is_read_until_the_wait_is_over()
    {
        var backend = new MemoryBackend("jaeger", Trace(Recent()[..2]));
        var reported = new List<VerificationProgress>();

        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend], Wait = TimeSpan.FromSeconds(1) }, new Progress(reported.Add));

        reported.ShouldNotBeEmpty();
        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes[0].Code.ShouldBe(CauseCodes.BatchPending);
    }

    [Fact]
    public async Task Without_a_wait_there_is_no_progress()
    {
        var reported = new List<VerificationProgress>();

        await TraceVerifier.VerifyAsync(
            new VerificationRequest { Backends = [new MemoryBackend("jaeger", Trace(Recent()[..2]))], Wait = TimeSpan.Zero }, new Progress(reported.Add));

        reported.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_old_joined_trace_is_read_once()
    {
        var backend = new MemoryBackend("jaeger", Joined());

        await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend] });

        backend.Reads.ShouldBe(1);
    }

    [Fact]
    public async Task A_backend_that_does_not_respond_times_out()
    {
        var report = await VerifyAsync(new SilentBackend());

        report.Outcome.ShouldBe(Outcome.CouldNotCheck);
        var cause = report.Causes.ShouldHaveSingleItem();
        cause.Backend.ShouldBe("jaeger");
        cause.Message.ShouldContain("Jaeger at http://localhost:16686 ");
    }

    [Theory]
    [InlineData("A9FB8", "000000000000000000000000000a9fb8", null)]
    [InlineData("0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319c", null)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c", true)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "0af7651916cd43dd8448eb211c80319c", false)]
    public void A_trace_is_identified_by_id_or_traceparent(string text, string id, bool? sampled)
    {
        TraceReference.TryParse(text, out var reference).ShouldBeTrue();

        reference.ShouldBe(new TraceReference(id, sampled));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("xyz")]
    [InlineData("0af7651916cd43dd8448eb211c80319c0")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    public void Other_text_identifies_no_trace(string text) => TraceReference.TryParse(text, out _).ShouldBeFalse();

    /// <summary>The spans of a joined trace that ended just now.</summary>
    private static Span[] Recent() => [.. Joined().Spans.Select(span => span with { Start = DateTimeOffset.UtcNow })];

    private static Task<VerificationReport> VerifyAsync(params ITraceBackend[] backends) =>
        TraceVerifier.VerifyAsync(new VerificationRequest { Backends = backends, Wait = TimeSpan.Zero });

    private sealed class Progress(Action<VerificationProgress> report) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value) => report(value);
    }

    private sealed class SilentBackend : ITraceBackend
    {
        public string Name => "jaeger";

        public Uri? Url => new("http://me:secret@localhost:16686");

        public Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken) => Never<IReadOnlyList<ServiceInfo>>(cancellationToken);

        public Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken) => Never<TraceData?>(cancellationToken);

        public Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken) =>
            Never<IReadOnlyList<TraceData>>(cancellationToken);

        private static async Task<T> Never<T>(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }
    }
}
