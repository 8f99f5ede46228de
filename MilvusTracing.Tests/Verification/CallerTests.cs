using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

/// <summary>Causes that depend on the caller's language and OpenTelemetry SDK.</summary>
public class CallerTests
{
    [Theory]
    [InlineData("java", "1.60.1", 0x103u, "MilvusTracing.java")]
    [InlineData("java", "1.61.0", 0u, "MilvusTracing.java")]
    [InlineData("python", "1.42.0", 0x100u, "OTEL_PYTHON_ID_GENERATOR=xray")]
    [InlineData("python", "1.45.2", 0u, "OTEL_PYTHON_ID_GENERATOR=xray")]
    [InlineData("dotnet", "1.21.0", 0x103u, "MilvusTracing.Instrumentation")]
    [InlineData("rust", "0.40.0", 0x3u, "01")]
    public async Task Flags_that_Milvus_drops_are_the_first_cause(string language, string version, uint flags, string fix)
    {
        var report = await VerifyAsync(Client(language, version, flags));

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes[0].Code.ShouldBe(CauseCodes.TraceFlagsDropped, report.ToPlainText());
        report.Causes[0].Fix.ShouldContain(fix);
        report.Causes.Select(cause => cause.Code).ShouldNotContain(CauseCodes.NoTraceparent);
    }

    [Theory]
    [InlineData("python", "1.41.1", 0x100u)]
    [InlineData("java", "1.58.0", 0x101u)]
    [InlineData("dotnet", "1.21.0", 0x101u)]
    [InlineData("nodejs", "2.12.1", 0x101u)]
    [InlineData(null, null, 0u)]
    public async Task Other_flags_are_no_cause(string? language, string? version, uint flags) =>
        (await VerifyAsync(Client(language, version, flags))).Causes.Select(cause => cause.Code).ShouldNotContain(CauseCodes.TraceFlagsDropped);

    [Fact]
    public async Task An_XRay_id_generator_sets_no_random_flag()
    {
        var trace = new TraceData($"{LongAgo.ToUnixTimeSeconds():x8}16cd43dd8448eb211c80319c", Client("python", "1.45.2", 0x100));

        var report = await VerifyAsync(new MemoryBackend("jaeger", trace));

        report.Causes[0].Code.ShouldBe(CauseCodes.MilvusNotExporting);
    }

    [Fact]
    public async Task Instrumentation_that_masks_the_flags_is_no_cause()
    {
        var spans = Client("dotnet", "1.21.0", 0x103);
        spans[1] = spans[1] with { Attributes = new Dictionary<string, string>(spans[1].Attributes) { ["db.system.name"] = "milvus" } };

        (await VerifyAsync(spans)).Causes[0].Code.ShouldBe(CauseCodes.MilvusNotExporting);
    }

    [Fact]
    public async Task Flags_are_no_cause_where_Milvus_joined_another_trace_of_the_caller()
    {
        var spans = Client("java", "1.60.1", 0x103);
        var other = new TraceData("1af7651916cd43dd8448eb211c80319c", [.. spans, Server(3, 2)]);

        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(spans)) { Others = [other] }, new TraceReference(TraceId));

        report.Causes.Select(cause => cause.Code).ShouldNotContain(CauseCodes.TraceFlagsDropped);
    }

    [Fact]
    public async Task Flags_are_no_cause_of_a_failed_call() =>
        (await VerifyAsync(Client("java", "1.60.1", 0x103).Select(span => span with { IsError = true }))).Causes[0].Code.ShouldBe(CauseCodes.CallFailed);

    [Theory]
    [InlineData("java", CauseCodes.GrpcHidden, "MilvusTracing.java")]
    [InlineData("python", CauseCodes.NoClientCalls, "opentelemetry-instrumentation-grpc")]
    [InlineData("nodejs", CauseCodes.NoClientCalls, "@opentelemetry/auto-instrumentations-node")]
    [InlineData("go", CauseCodes.NoClientCalls, "otelgrpc")]
    [InlineData("dotnet", CauseCodes.NoClientCalls, "AddGrpcClientInstrumentation")]
    public async Task Missing_instrumentation_has_a_fix_in_the_callers_language(string language, string code, string fix)
    {
        var report = await VerifyAsync(Span(1).With(("telemetry.sdk.language", language)));

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(code);
        report.Causes[0].Fix.ShouldContain(fix);
        report.Causes[0].Fix.Contains(".NET").ShouldBeFalse();
    }

    [Fact]
    public async Task Heartbeats_are_neither_calls_nor_the_latest_trace()
    {
        var heartbeats = Enumerable.Range(1, 30).Select(i => new TraceData(
            i.ToString("x32"), [Internal(90, null, "milvus.ClientTelemetryService/ClientHeartbeat", "milvus-client", at: 1_000 * i)]));

        var report = await VerifyAsync(new MemoryBackend("jaeger", Joined()) { Others = [.. heartbeats] });
        report.TraceId.ShouldBe(TraceId);
        report.Outcome.ShouldBe(Outcome.Joined);

        var inside = await VerifyAsync([.. Joined().Spans, Internal(9, 1, "milvus.ClientTelemetryService/ClientHeartbeat", "milvus-client") with { IsError = true }]);
        (inside.Outcome, inside.Verdict!.ClientCalls, inside.Verdict.UnansweredInternalCalls).ShouldBe((Outcome.Joined, 1, 0));
        inside.EnsureNoErrors();

        var only = await VerifyAsync(new MemoryBackend("jaeger") { Others = [.. heartbeats] });
        only.Outcome.ShouldBe(Outcome.CouldNotCheck, "a service that sends only heartbeats has not called Milvus yet");

        var named = await VerifyAsync(new MemoryBackend("jaeger", heartbeats.First()), new TraceReference(heartbeats.First().Id));
        named.Causes.ShouldHaveSingleItem().Message.ShouldContain("heartbeat");
    }

    [Fact]
    public async Task The_latest_trace_is_the_latest_with_a_call_of_Milvus()
    {
        var without = new TraceData("1af7651916cd43dd8448eb211c80319c", [Span(7, at: 60_000)]);

        (await VerifyAsync(new MemoryBackend("jaeger", Joined()) { Others = [without] })).TraceId.ShouldBe(TraceId);
        (await VerifyAsync(new MemoryBackend("jaeger", without))).TraceId.ShouldBe(without.Id);
    }

    /// <summary>A call without a span of Milvus, by a client with an OpenTelemetry SDK.</summary>
    private static Span[] Client(string? language, string? version, uint flags) =>
    [
        .. new[] { Span(1, milliseconds: 40), Call(2, 1, milliseconds: 30) }.Select(span => span with
        {
            Flags = flags,
            Attributes = language is null ? span.Attributes : new Dictionary<string, string>(span.Attributes)
            {
                ["telemetry.sdk.language"] = language,
                ["telemetry.sdk.version"] = version!,
            },
        }),
    ];
}
