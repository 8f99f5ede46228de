using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verifier.Spans;

namespace MilvusTracing.Tests.Verifier;

/// <summary>Each fault, as real servers showed it, has its own cause.</summary>
public class CauseTests
{
    private static readonly string[] AllServices = ["jaeger", "milvus-client", "segcore", "standalone"];

    [Fact]
    public async Task A_worker_pass_is_joined_and_has_no_causes()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-pass.json");

        var report = await VerifyAsync(jaeger);

        report.Causes.ShouldBeEmpty();
        report.Outcome.ShouldBe(Outcome.Joined);
        report.ToVerdictLine().ShouldStartWith("joined: 7 of 7 client calls, 1 root, 0 orphans, 58 spans (milvus-client 10, standalone ");
        report.ToPlainText().ShouldContain("MilvusService/GetLoadingProgress ×");
    }

    [Fact]
    public async Task The_dashboards_own_form_of_the_trace_is_the_same()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-pass.json");
        await using var dashboard = await DashboardAsync();
        using var ours = new JaegerBackend(jaeger.Url);
        using var theirs = new DashboardBackend(dashboard.Url, "key");

        var report = await VerifyAsync(ours, theirs);

        report.ToVerdictLine().ShouldEndWith("; dashboard 58 of 58");
        report.Outcome.ShouldBe(Outcome.Joined);
        var traces = await Task.WhenAll(ours.GetTraceAsync(report.TraceId!, default), theirs.GetTraceAsync(report.TraceId!, default));
        var byId = traces.Select(trace => trace!.Spans.OrderBy(span => span.Id).Select(Essence)).ToList();
        byId[0].ShouldBe(byId[1]);

        // Jaeger moves spans by clock skew and keeps microseconds.
        static string Essence(Span span) => $"{span.Id} {span.ParentId} {span.Name} {span.Service} {span.Kind} {span.IsError} {span.Duration.TotalMilliseconds:0}";
    }

    [Fact]
    public async Task Traces_of_a_service_that_was_started_twice_are_found_in_the_dashboard()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-pass.json");
        await using var dashboard = await DashboardAsync();
        string? query = null;
        dashboard.On("/api/telemetry/traces", async context =>
        {
            query = context.Request.QueryString.Value;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Recording.Read("dashboard-pass.json"));
        });
        dashboard.Json("/api/telemetry/resources", """
            [{"name":"milvus-client","displayName":"milvus-client-1a2b","hasTraces":true},{"name":"milvus-client","displayName":"milvus-client-3c4d","hasTraces":true}]
            """);

        (await VerifyAsync(new DashboardBackend(dashboard.Url, "key"))).Outcome.ShouldBe(Outcome.Joined);

        query.ShouldBe("?resource=milvus-client-1a2b&resource=milvus-client-3c4d&limit=1");
    }

    [Fact]
    public async Task No_such_service_the_worker_does_not_export()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["jaeger", "standalone"]);

        var report = await VerifyAsync(jaeger);

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes[0].ShouldBe(new Cause(
            CauseCodes.ServiceUnknown,
            "Jaeger knows no service milvus-client; it knows jaeger, standalone. It exports nothing to here, or samples nothing.",
            "Set ConnectionStrings:jaeger of milvus-client to Jaeger's OTLP/gRPC address, such as http://localhost:4317, and see that milvus-client runs. If the caller goes by another name, give it by --service."));
    }

    [Fact]
    public async Task Client_spans_only_Milvus_never_exported()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client"], "jaeger-client-only.json");

        var report = await VerifyAsync(jaeger);

        report.ToVerdictLine().ShouldStartWith("not joined: 0 of ");
        report.Causes[0].Code.ShouldBe(CauseCodes.MilvusNotExporting);
        report.Causes[0].Message.ShouldContain("no span of Milvus has ever come");
        report.Causes[0].Fix.ShouldContain("trace.exporter=otlp");
        report.Causes[0].Fix.ShouldContain("trace.otlp.endpoint=host:port");
        report.Causes[0].Fix.ShouldContain("trace.otlp.secure=false");
    }

    [Fact]
    public async Task Client_spans_only_Milvus_exported_at_other_times()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-client-only.json");

        var report = await VerifyAsync(jaeger);

        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.MilvusNotExporting, CauseCodes.NoTraceparent]);
        report.Causes[0].Message.ShouldContain("standalone and segcore");
    }

    [Fact]
    public async Task Server_spans_in_other_traces_no_traceparent()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-no-traceparent.json");
        jaeger.HoldTraces(("milvus-client", "jaeger-no-traceparent.json"), ("standalone", "jaeger-beside.json"));

        var report = await VerifyAsync(jaeger);

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.NoTraceparent);
        report.Causes[0].Message.ShouldContain("Milvus made 1 server span in the same seconds outside this trace");
        report.Causes[0].Fix.ShouldContain("client_request_id in its place does not do");
    }

    [Fact]
    public async Task Orphans_below_an_HttpClient_activity()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-httpclient-parent.json");

        var report = await VerifyAsync(jaeger);

        report.Causes[0].Code.ShouldBe(CauseCodes.HttpClientParent);
        report.Causes[0].Fix.ShouldContain("SuppressDownstreamInstrumentation = true");
        report.Causes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Orphans_and_no_client_calls_gRPC_instrumentation_off()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-no-grpc-instrumentation.json");

        var report = await VerifyAsync(jaeger);

        report.ToVerdictLine().ShouldStartWith("not joined: 0 of 2 client calls");
        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.HttpClientParent);
        report.Causes[0].Fix.ShouldContain("AddGrpcClientInstrumentation");
    }

    [Fact]
    public async Task What_Milvus_does_of_itself_is_no_evidence_of_calls_without_traceparent()
    {
        var idle = new TraceData("1af7651916cd43dd8448eb211c80319c", [Span(7, null, "milvus.proto.rootcoord.RootCoord/AllocTimestamp", "standalone", System.Diagnostics.ActivityKind.Server)]);

        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(Span(1))) { Beside = [idle] });

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.NoClientCalls);
    }

    [Fact]
    public async Task Calls_of_Milvus_beside_a_trace_without_any()
    {
        var beside = new TraceData("1af7651916cd43dd8448eb211c80319c", [Server(7, null), Server(8, 7)]);

        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(Span(1))) { Beside = [beside] });

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.NoTraceparent);
        report.Causes[0].Message.ShouldStartWith("Milvus made 1 server span ");
        report.Causes[0].Fix.ShouldContain("AddGrpcClientInstrumentation");
    }

    [Fact]
    public async Task The_dashboard_lacks_the_whole_trace()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-pass.json");
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Json("/api/telemetry/resources", "[]");
        dashboard.Otherwise(404, "application/json; charset=utf-8", """{"title":"Trace not found","status":404,"detail":"No trace with ID 'x' was found."}""");
        using var ours = new JaegerBackend(jaeger.Url);
        using var theirs = new DashboardBackend(dashboard.Url, "key");

        var report = await VerifyAsync(ours, theirs);

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.ToVerdictLine().ShouldEndWith("; dashboard 0 of 58");
        report.Causes.ShouldHaveSingleItem().Fix.ShouldContain("OTEL_EXPORTER_OTLP_ENDPOINT of milvus-client");
    }

    [Fact]
    public async Task An_exported_HttpClient_span_between_call_and_server_span()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(
            Span(1), Call(2, 1), Span(3, 2, "POST", kind: System.Diagnostics.ActivityKind.Client), Server(4, 3))));

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.HttpClientParent);
    }

    [Fact]
    public async Task An_unsampled_traceparent()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-pass.json");

        var report = await VerifyAsync(jaeger, new TraceReference(TraceId, Sampled: false));

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.Unsampled);
        report.Causes[0].Message.ShouldContain("flag is 00");
    }

    [Fact]
    public async Task An_unknown_trace_of_a_service_that_exports_others_may_be_unsampled()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-pass.json");

        var report = await VerifyAsync(jaeger, new TraceReference(TraceId));

        report.ToVerdictLine().ShouldBe("not joined: no such trace");
        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.Unsampled, CauseCodes.TraceUnknown]);
    }

    [Fact]
    public async Task An_unknown_trace_of_an_unknown_service()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync([]);

        var report = await VerifyAsync(jaeger, new TraceReference(TraceId));

        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.ServiceUnknown, CauseCodes.Unsampled, CauseCodes.TraceUnknown]);
        report.Causes[0].Message.ShouldContain("it knows none at all.");
    }

    [Theory]
    [InlineData("0af7651916cd43dd8448eb211c80319c")]
    [InlineData(null)]
    public async Task A_service_that_sends_logs_and_no_span_samples_nothing(string? traceId)
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Json("/api/telemetry/resources", """[{"name":"milvus-client","displayName":"milvus-client","hasLogs":true,"hasTraces":false,"hasMetrics":false}]""");
        dashboard.Otherwise(404, "application/json; charset=utf-8", """{"title":"Trace not found","status":404}""");
        using var backend = new DashboardBackend(dashboard.Url, "key");

        var report = await TraceVerifier.VerifyAsync(new VerificationRequest
        {
            Backends = [backend],
            Trace = traceId is null ? null : new TraceReference(traceId),
            Wait = TimeSpan.Zero,
        });

        report.Causes[0].Code.ShouldBe(CauseCodes.Unsampled);
        report.Causes[0].Message.ShouldBe("milvus-client sends logs or metrics and not one span: it samples none of its traces.");
    }

    [Fact]
    public async Task Calls_that_failed_may_never_have_reached_Milvus()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(Span(1), Call(2, 1), Server(3, 2), Call(4, 1, "Connect") with { IsError = true })));

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.CallFailed);
        report.Causes[0].Message.ShouldContain("MilvusService/Connect");
    }

    [Fact]
    public async Task Where_the_only_call_failed_Milvus_is_not_accused_of_not_exporting()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(Span(1), Call(2, 1, "Connect") with { IsError = true })));

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.CallFailed);
    }

    [Fact]
    public async Task Some_of_Milvus_spans_were_lost()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(Span(1), Call(2, 1), Server(3, 2), Call(4, 1, "Query"))));

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.SpansLost);
    }

    [Fact]
    public async Task A_callers_span_is_missing()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(Span(1, 99, "handle"), Call(2, 1), Server(3, 2))));

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.SpansLost);
        report.Causes[0].Message.ShouldContain("0000000000000063");
    }

    [Fact]
    public async Task Several_roots_are_named()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace([.. Joined().Spans, Span(9, name: "second")])));

        report.Causes.ShouldHaveSingleItem().Message.ShouldBe("The trace has 2 roots: quick_setup of milvus-client, second of milvus-client.");
    }

    /// <summary>A dashboard with the pass that Jaeger holds too.</summary>
    private static async Task<FakeHttpServer> DashboardAsync()
    {
        var dashboard = await FakeHttpServer.StartAsync();
        var id = Recording.TraceIdOf(Recording.Read("jaeger-pass.json"));
        dashboard.Json("/api/telemetry/resources", """[{"name":"milvus-client","displayName":"milvus-client","hasTraces":true}]""");
        dashboard.Json("/api/telemetry/traces", Recording.Read("dashboard-pass.json"));
        dashboard.Json($"/api/telemetry/traces/{id}", Recording.Read("dashboard-pass.json"));
        return dashboard;
    }

    private static async Task<VerificationReport> VerifyAsync(FakeHttpServer jaeger, TraceReference? trace = null)
    {
        using var backend = new JaegerBackend(jaeger.Url);
        return await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend], Trace = trace, Wait = TimeSpan.FromSeconds(1) });
    }

    private static Task<VerificationReport> VerifyAsync(params ITraceBackend[] backends) =>
        TraceVerifier.VerifyAsync(new VerificationRequest { Backends = backends, Wait = TimeSpan.FromSeconds(1) });
}
