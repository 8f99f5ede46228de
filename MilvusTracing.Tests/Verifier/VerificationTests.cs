using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verifier.Spans;

namespace MilvusTracing.Tests.Verifier;

public class VerificationTests
{
    [Fact]
    public async Task The_verdict_is_one_line()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()));

        report.Outcome.ShouldBe(Outcome.Joined);
        report.Causes.ShouldBeEmpty();
        report.ToVerdictLine().ShouldBe("joined: 1 of 1 client calls, 1 root, 0 orphans, 3 spans (milvus-client 2, standalone 1)");
    }

    [Fact]
    public async Task A_second_backend_that_holds_the_same_is_in_the_verdict()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()), new MemoryBackend("dashboard", Joined()));

        report.ToVerdictLine().ShouldEndWith("3 spans (milvus-client 2, standalone 1); dashboard 3 of 3");
    }

    [Fact]
    public async Task A_backend_without_Milvus_spans_is_not_joined_and_its_missing_spans_are_named()
    {
        var report = await VerifyAsync(
            new MemoryBackend("jaeger", Joined()), new MemoryBackend("dashboard", Trace(Span(1, name: "quick_setup"), Call(2, 1))));

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.ToVerdictLine().ShouldBe(
            "not joined: 1 of 1 client calls, 1 root, 0 orphans, 3 spans (milvus-client 2, standalone 1); dashboard 2 of 3");
        report.Backends[1].Missing.ShouldBe(["0000000000000003"]);
        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.BackendIncomplete);
        report.Causes[0].Message.ShouldContain("standalone 1");
        report.Causes[0].Fix.ShouldContain("relays");
    }

    [Fact]
    public async Task A_joined_trace_of_which_a_backend_lacks_an_inner_span_is_joined_and_the_lack_is_told()
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
        var now = DateTimeOffset.UtcNow;
        Span[] spans = [Span(1, name: "quick_setup", origin: now), Call(2, 1) with { Start = now }, Server(3, 2) with { Start = now }];
        var backend = new MemoryBackend("jaeger", null, Trace(spans[..2]), Trace(spans));
        var told = new List<VerificationProgress>();

        var report = await TraceVerifier.VerifyAsync(
            new VerificationRequest { Backends = [backend], ExportDelay = TimeSpan.Zero }, new Progress(told.Add));

        report.Outcome.ShouldBe(Outcome.Joined);
        backend.Looks.ShouldBeGreaterThan(3, "the whole trace is looked at again, in case still more comes");
        told.Select(progress => progress.Verdict?.Spans).Take(3).ShouldBe([null, 2, 3]);
        told[1].ToString().ShouldStartWith("0 of 1 client calls joined, 2 spans; waiting for more (");
    }

    [Fact]
    public async Task A_fresh_trace_that_stays_incomplete_is_waited_for_until_the_limit_and_no_longer()
    {
        var now = DateTimeOffset.UtcNow;
        var told = new List<VerificationProgress>();
        var backend = new MemoryBackend("jaeger", Trace(Span(1, origin: now), Call(2, 1) with { Start = now }));
        var report = await TraceVerifier.VerifyAsync(
            new VerificationRequest { Backends = [backend], Wait = TimeSpan.FromSeconds(1) }, new Progress(told.Add));

        told.ShouldNotBeEmpty();
        backend.Looks.ShouldBeInRange(1, 4, "a second has room for no more, however busy the machine");
        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes[0].Code.ShouldBe(CauseCodes.BatchPending);
        report.Causes[0].Fix.ShouldContain("(--wait 10s)");
    }

    [Fact]
    public async Task Without_a_wait_nobody_is_told_of_one()
    {
        var now = DateTimeOffset.UtcNow;
        var told = new List<VerificationProgress>();
        await TraceVerifier.VerifyAsync(
            new VerificationRequest
            {
                Backends = [new MemoryBackend("jaeger", Trace(Span(1, origin: now), Call(2, 1) with { Start = now }))],
                Wait = TimeSpan.Zero,
            },
            new Progress(told.Add));

        told.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_old_joined_trace_is_read_once()
    {
        var backend = new MemoryBackend("jaeger", Joined());

        await VerifyAsync(backend);

        backend.Looks.ShouldBe(1);
    }

    [Fact]
    public async Task A_backend_that_never_answers_is_given_up()
    {
        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [new SilentBackend()], Wait = TimeSpan.Zero });

        report.Outcome.ShouldBe(Outcome.CouldNotCheck);
        report.Causes.ShouldHaveSingleItem().Message.ShouldBe("Jaeger at http://localhost:16686 did not respond in time.");
    }

    [Theory]
    [InlineData("A9FB8", "000000000000000000000000000a9fb8", null)]
    [InlineData("0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319c", null)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c", true)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "0af7651916cd43dd8448eb211c80319c", false)]
    public void A_trace_is_named_by_its_id_or_its_traceparent(string text, string id, bool? sampled)
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
    public void Anything_else_names_no_trace(string text) => TraceReference.TryParse(text, out _).ShouldBeFalse();

    private static Task<VerificationReport> VerifyAsync(params ITraceBackend[] backends) =>
        TraceVerifier.VerifyAsync(new VerificationRequest { Backends = backends, Wait = TimeSpan.FromSeconds(2) });

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
