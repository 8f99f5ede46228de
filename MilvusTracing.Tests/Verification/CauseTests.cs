using System.Diagnostics;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

/// <summary>The cause of each fault, on traces recorded from real servers and on small made ones.</summary>
public class CauseTests
{
    private static readonly string[] AllServices = ["jaeger", "milvus-client", "segcore", "standalone"];

    [Fact]
    public async Task The_dashboard_returns_the_same_trace_as_Jaeger()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-pass.json");
        await using var dashboard = await DashboardAsync();
        using var ours = new JaegerBackend(jaeger.Url);
        using var theirs = new DashboardBackend(dashboard.Url, "key");

        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [ours, theirs], Wait = TimeSpan.FromSeconds(1) });

        report.ToVerdictLine().ShouldEndWith("; dashboard 58 of 58");
        report.Outcome.ShouldBe(Outcome.Joined);
        var traces = await Task.WhenAll(ours.GetTraceAsync(report.TraceId!, default), theirs.GetTraceAsync(report.TraceId!, default));
        var byId = traces.Select(trace => trace!.Spans.OrderBy(span => span.Id).Select(Describe)).ToList();
        byId[0].ShouldBe(byId[1]);

        // Jaeger corrects clock skew and rounds to microseconds.
        static string Describe(Span span) => $"{span.Id} {span.ParentId} {span.Name} {span.Service} {span.Kind} {span.IsError} {span.Duration.TotalMilliseconds:0}";
    }

    [Fact]
    public async Task Traces_of_a_service_with_two_replicas_are_found_in_the_dashboard()
    {
        await using var dashboard = await DashboardAsync();
        string? query = null;
        dashboard.On("/api/telemetry/traces", context =>
        {
            query = context.Request.QueryString.Value;
            return FakeHttpServer.SendAsync(context, 200, "application/json", Recording.Read("dashboard-pass.json"));
        });
        dashboard.Json("/api/telemetry/resources", """
            [{"name":"milvus-client","displayName":"milvus-client-1a2b","hasTraces":true},{"name":"milvus-client","displayName":"milvus-client-3c4d","hasTraces":true}]
            """);
        using var backend = new DashboardBackend(dashboard.Url, "key");

        (await VerifyAsync(backend)).Outcome.ShouldBe(Outcome.Joined);

        query.ShouldNotBeNull().ShouldContain("resource=milvus-client-1a2b&resource=milvus-client-3c4d");
    }

    [Fact]
    public async Task Milvus_exported_other_traces_and_errors_in_its_log_come_first()
    {
        var logged = new Cause(CauseCodes.MilvusNotExporting, "too many colons in address", "Set host:port.");

        var report = await VerifyAsync(new MemoryBackend("jaeger", await RecordedAsync("jaeger-client-only.json")) { Services = AllServices });

        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.MilvusNotExporting, CauseCodes.NoTraceparent]);
        report.Causes[0].Message.ShouldContain("standalone and segcore");
        report.WithCauses([logged]).Causes.ShouldBe([logged, report.Causes[1]]);
    }

    public static TheoryData<Span[], string, string> OtherTraces => new()
    {
        { [Server(7, null), Server(8, 7)], CauseCodes.NoTraceparent, "1 server span" },
        {
            [Internal(7, null, "rootcoord.RootCoord/AllocTimestamp", "standalone", ActivityKind.Server)],
            CauseCodes.NoClientCalls, "no gRPC client span"
        },
    };

    [Theory]
    [MemberData(nameof(OtherTraces))]
    public async Task Calls_in_other_traces_carry_no_traceparent_and_background_work_is_no_evidence(Span[] other, string code, string message)
    {
        var backend = new MemoryBackend("jaeger", Trace(Span(1))) { Others = [new TraceData("1af7651916cd43dd8448eb211c80319c", other)] };

        var report = await VerifyAsync(backend);

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(code);
        report.Causes[0].Message.ShouldContain(message);
        report.Causes[0].Fix.ShouldContain("AddGrpcClientInstrumentation");
    }

    public static TheoryData<Span[], string, string> Faults => new()
    {
        {
            [Span(1), Call(2, 1), Span(3, 2, "POST", kind: ActivityKind.Client), Server(4, 3)],
            CauseCodes.HttpClientParent, "Another span, usually of HttpClient"
        },
        { [.. Joined().Spans, Call(4, 1, "Query")], CauseCodes.SpansLost, "MilvusService/Query" },
        { [Span(1, 99, "handle"), Call(2, 1), Server(3, 2)], CauseCodes.SpansLost, "0000000000000063" },
        { [.. Joined().Spans, Span(9, name: "second")], CauseCodes.SeveralRoots, "quick_setup of milvus-client, second of milvus-client" },
        { [.. Joined().Spans, Call(4, 1, "Connect") with { IsError = true }], CauseCodes.CallFailed, "MilvusService/Connect" },
        { [Span(1), Call(4, 1, "Connect") with { IsError = true }], CauseCodes.CallFailed, "MilvusService/Connect" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_has_one_cause(Span[] spans, string code, string message)
    {
        var cause = (await VerifyAsync(spans)).Causes.ShouldHaveSingleItem();

        cause.Code.ShouldBe(code);
        cause.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData(null, null, "standalone", "could not check: no trace of milvus-client was found", CauseCodes.ServiceUnknown, CauseCodes.Unsampled)]
    [InlineData(TraceId, null, "standalone", "not joined: no such trace", CauseCodes.ServiceUnknown, CauseCodes.Unsampled, CauseCodes.TraceUnknown)]
    [InlineData(TraceId, null, "milvus-client", "not joined: no such trace", CauseCodes.Unsampled, CauseCodes.TraceUnknown)]
    [InlineData(TraceId, false, "milvus-client", "not joined: no such trace", CauseCodes.Unsampled)]
    public async Task There_is_no_trace(string? traceId, bool? sampled, string knownService, string verdict, params string[] codes)
    {
        var backend = new MemoryBackend("jaeger") { Services = [knownService] };

        var report = await VerifyAsync(backend, traceId is null ? null : new TraceReference(traceId, sampled));

        report.ToVerdictLine().ShouldBe(verdict);
        report.Causes.Select(cause => cause.Code).ShouldBe(codes);
        if (codes[0] == CauseCodes.ServiceUnknown)
        {
            report.Causes[0].Message.ShouldContain("it has those of standalone");
            report.Causes[0].Fix.ShouldContain("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        }
    }

    [Theory]
    [InlineData(TraceId)]
    [InlineData(null)]
    public async Task A_service_that_sends_logs_but_no_spans_does_not_sample(string? traceId)
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Json("/api/telemetry/resources", """[{"name":"milvus-client","displayName":"milvus-client","hasLogs":true,"hasTraces":false,"hasMetrics":false}]""");
        dashboard.Otherwise(404, "application/json; charset=utf-8", """{"title":"Trace not found","status":404}""");
        using var backend = new DashboardBackend(dashboard.Url, "key");

        var report = await VerifyAsync(backend, traceId is null ? null : new TraceReference(traceId));

        report.Causes[0].Code.ShouldBe(CauseCodes.Unsampled);
        report.Causes[0].Message.ShouldContain("milvus-client sends logs or metrics but no span");
    }

    /// <summary>A dashboard with the trace that Jaeger has, too.</summary>
    private static async Task<FakeHttpServer> DashboardAsync()
    {
        var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Json("/api/telemetry/resources", """[{"name":"milvus-client","displayName":"milvus-client","hasTraces":true}]""");
        dashboard.Json("/api/telemetry/traces", Recording.Read("dashboard-pass.json"));
        dashboard.Json($"/api/telemetry/traces/{Recording.TraceIdOf(Recording.Read("jaeger-pass.json"))}", Recording.Read("dashboard-pass.json"));
        return dashboard;
    }
}
