using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

/// <summary>The cause of each fault, on traces recorded from real servers and on small made ones.</summary>
public class CauseTests
{
    private static readonly string[] AllServices = ["jaeger", "milvus-client", "segcore", "standalone"];

    [Fact]
    public async Task A_joined_trace_has_no_causes()
    {
        var report = await RecordedReportAsync("jaeger-pass.json", AllServices);

        report.Causes.ShouldBeEmpty();
        report.Outcome.ShouldBe(Outcome.Joined);
        report.ToVerdictLine().ShouldStartWith("joined: 7 of 7 client calls, 1 root, 0 orphans, 58 spans (milvus-client 10, standalone ");
        report.ToPlainText().ShouldContain("MilvusService/GetLoadingProgress ×");
    }

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
        dashboard.On("/api/telemetry/traces", async context =>
        {
            query = context.Request.QueryString.Value;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Recording.Read("dashboard-pass.json"));
        });
        dashboard.Json("/api/telemetry/resources", """
            [{"name":"milvus-client","displayName":"milvus-client-1a2b","hasTraces":true},{"name":"milvus-client","displayName":"milvus-client-3c4d","hasTraces":true}]
            """);
        using var backend = new DashboardBackend(dashboard.Url, "key");

        (await VerifyAsync(backend)).Outcome.ShouldBe(Outcome.Joined);

        query.ShouldNotBeNull().ShouldContain("resource=milvus-client-1a2b&resource=milvus-client-3c4d");
    }

    [Fact]
    public async Task A_service_that_does_not_export()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger") { Services = ["jaeger", "standalone"] });

        report.Outcome.ShouldBe(Outcome.CouldNotCheck);
        report.ToVerdictLine().ShouldBe("could not check: milvus-client has not sent a trace yet");
        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.ServiceUnknown, CauseCodes.Unsampled]);
        report.Causes[0].Message.ShouldContain("jaeger, standalone");
        report.Causes[0].Fix.ShouldContain("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    }

    [Fact]
    public async Task Milvus_never_exported()
    {
        var report = await RecordedReportAsync("jaeger-client-only.json");

        report.ToVerdictLine().ShouldStartWith("not joined: 0 of ");
        report.Causes[0].Code.ShouldBe(CauseCodes.MilvusNotExporting);
        report.Causes[0].Message.ShouldContain("no span of Milvus at all");
        report.Causes[0].Fix.ShouldContain("trace.exporter=otlp");
        report.Causes[0].Fix.ShouldContain("trace.otlp.endpoint=host:port");
        report.Causes[0].Fix.ShouldContain("trace.otlp.secure=false");
    }

    [Fact]
    public async Task Errors_in_the_log_of_Milvus_come_first()
    {
        var logged = new Cause(CauseCodes.MilvusNotExporting, "too many colons in address", "Set host:port.");

        var report = (await RecordedReportAsync("jaeger-client-only.json", AllServices)).WithCauses([logged]);

        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.MilvusNotExporting, CauseCodes.NoTraceparent]);
        report.Causes[0].ShouldBe(logged);
    }

    [Fact]
    public async Task Milvus_exported_other_traces()
    {
        var report = await RecordedReportAsync("jaeger-client-only.json", AllServices);

        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.MilvusNotExporting, CauseCodes.NoTraceparent]);
        report.Causes[0].Message.ShouldContain("standalone and segcore");
    }

    [Fact]
    public async Task No_traceparent_puts_the_server_spans_into_other_traces()
    {
        var backend = new MemoryBackend("jaeger", await RecordedAsync("jaeger-no-traceparent.json")) { Others = [await RecordedAsync("jaeger-beside.json")] };

        var report = await VerifyAsync(backend);

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.NoTraceparent);
        report.Causes[0].Message.ShouldContain("1 server span");
        report.Causes[0].Fix.ShouldContain("client_request_id does not replace it");
    }

    [Fact]
    public async Task No_traceparent_and_no_client_spans()
    {
        var other = new TraceData("1af7651916cd43dd8448eb211c80319c", [Server(7, null), Server(8, 7)]);

        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(Span(1))) { Others = [other] });

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.NoTraceparent);
        report.Causes[0].Message.ShouldContain("1 server span");
        report.Causes[0].Fix.ShouldContain("AddGrpcClientInstrumentation");
    }

    [Fact]
    public async Task Background_work_of_Milvus_is_no_evidence_of_a_missing_traceparent()
    {
        var idle = new TraceData("1af7651916cd43dd8448eb211c80319c", [Internal(7, null, "rootcoord.RootCoord/AllocTimestamp", "standalone", ActivityKind.Server)]);

        var report = await VerifyAsync(new MemoryBackend("jaeger", Trace(Span(1))) { Others = [idle] });

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.NoClientCalls);
    }

    [Theory]
    [InlineData("jaeger-httpclient-parent.json", "SuppressDownstreamInstrumentation = true")]
    [InlineData("jaeger-no-grpc-instrumentation.json", "AddGrpcClientInstrumentation")]
    public async Task The_parent_is_an_HttpClient_activity_that_is_not_exported(string recording, string fix)
    {
        var report = await RecordedReportAsync(recording, AllServices);

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.HttpClientParent);
        report.Causes[0].Fix.ShouldContain(fix);
    }

    [Fact]
    public async Task An_HttpClient_span_lies_between_client_and_server_span()
    {
        var report = await VerifyAsync(Span(1), Call(2, 1), Span(3, 2, "POST", kind: ActivityKind.Client), Server(4, 3));

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.HttpClientParent);
    }

    [Fact]
    public async Task The_dashboard_lacks_the_whole_trace()
    {
        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [new MemoryBackend("jaeger", Joined()), new MemoryBackend("dashboard")], Wait = TimeSpan.Zero });

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.ToVerdictLine().ShouldEndWith("; dashboard 0 of 3");
        report.Causes.ShouldHaveSingleItem().Fix.ShouldContain("OTEL_EXPORTER_OTLP_ENDPOINT of milvus-client");
    }

    [Fact]
    public async Task The_traceparent_is_not_sampled()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger") { Services = AllServices }, new TraceReference(TraceId, Sampled: false));

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.Unsampled);
    }

    [Fact]
    public async Task An_unknown_trace_of_a_known_service_may_not_be_sampled()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger") { Services = AllServices }, new TraceReference(TraceId));

        report.ToVerdictLine().ShouldBe("not joined: no such trace");
        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.Unsampled, CauseCodes.TraceUnknown]);
    }

    [Fact]
    public async Task An_unknown_trace_of_an_unknown_service()
    {
        var report = await VerifyAsync(new MemoryBackend("jaeger"), new TraceReference(TraceId));

        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.ServiceUnknown, CauseCodes.Unsampled, CauseCodes.TraceUnknown]);
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

    [Fact]
    public async Task A_call_that_failed_may_not_have_reached_Milvus()
    {
        var failed = Call(4, 1, "Connect") with { IsError = true };

        foreach (var report in new[] { await VerifyAsync([.. Joined().Spans, failed]), await VerifyAsync(Span(1), failed) })
        {
            report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.CallFailed);
            report.Causes[0].Message.ShouldContain("MilvusService/Connect");
        }
    }

    [Fact]
    public async Task Some_of_Milvus_spans_are_missing() =>
        (await VerifyAsync([.. Joined().Spans, Call(4, 1, "Query")])).Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.SpansLost);

    [Fact]
    public async Task A_span_of_the_caller_is_missing()
    {
        var report = await VerifyAsync(Span(1, 99, "handle"), Call(2, 1), Server(3, 2));

        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.SpansLost);
        report.Causes[0].Message.ShouldContain("0000000000000063");
    }

    [Fact]
    public async Task Several_roots_are_named() =>
        (await VerifyAsync([.. Joined().Spans, Span(9, name: "second")])).Causes.ShouldHaveSingleItem().Message.ShouldContain("quick_setup of milvus-client, second of milvus-client");

    /// <summary>A dashboard with the trace that Jaeger has, too.</summary>
    private static async Task<FakeHttpServer> DashboardAsync()
    {
        var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Json("/api/telemetry/resources", """[{"name":"milvus-client","displayName":"milvus-client","hasTraces":true}]""");
        dashboard.Json("/api/telemetry/traces", Recording.Read("dashboard-pass.json"));
        dashboard.Json($"/api/telemetry/traces/{Recording.TraceIdOf(Recording.Read("jaeger-pass.json"))}", Recording.Read("dashboard-pass.json"));
        return dashboard;
    }

    private static async Task<VerificationReport> RecordedReportAsync(string recording, params string[] services) =>
        await VerifyAsync(new MemoryBackend("jaeger", await RecordedAsync(recording)) { Services = services });
}
