using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verifier;

/// <summary>
/// Passes recorded from a distributed Milvus 2.3.5, one process a role, of which one exports nothing: "silent" roles have no exporter,
/// and so hand no trace on; "lost" ones send their spans where nobody listens.
/// </summary>
public class ClusterRecordingTests
{
    private static readonly string[] AllServices =
        ["jaeger", "milvus-client", "proxy", "rootcoord", "datacoord", "querycoord", "querynode", "segcore"];

    [Theory]
    [InlineData("pass", "joined: 6 of 6 client calls, 1 root, 0 orphans, 66 spans (milvus-client 11, ")]
    [InlineData("mixture", "joined: 5 of 5 client calls, 1 root, 0 orphans, 59 spans (milvus-client 9, ")]
    [InlineData("caller-named-proxy", "joined: 2 of 2 client calls, 1 root, 0 orphans, 30 spans (proxy 21, ")]
    public async Task Is_joined(string recording, string verdict)
    {
        var report = await VerifyAsync(recording, recording == "caller-named-proxy" ? "proxy" : "milvus-client");

        report.Outcome.ShouldBe(Outcome.Joined, report.ToPlainText());
        report.ToVerdictLine().ShouldStartWith(verdict);
        report.Causes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("querynode-silent", "querynode", "querycoord and proxy called querynode 2 times, and no span of querynode ever came.")]
    [InlineData("querycoord-silent", "querycoord", "proxy called querycoord 5 times, and no span of querycoord ever came.")]
    [InlineData("querycoord-lost", "querycoord", "proxy called querycoord 5 times, and no span of querycoord ever came; 4 spans below have lost their parents.")]
    [InlineData("rootcoord-lost", "rootcoord", "proxy called rootcoord once, and no span of rootcoord ever came; 2 spans below have lost their parents.")]
    [InlineData("proxy-lost", "proxy", "rootcoord and milvus-client called proxy 3 times, and no span of proxy ever came; 3 spans below have lost their parents.")]
    public async Task A_role_that_does_not_export_is_named(string recording, string role, string message)
    {
        var report = await VerifyAsync(recording);

        report.Outcome.ShouldBe(Outcome.NotJoined);
        var cause = report.Causes.ShouldHaveSingleItem(report.ToPlainText());
        cause.Code.ShouldBe(CauseCodes.RoleNotExporting);
        cause.Message.ShouldBe(message);
        cause.Fix.ShouldStartWith($"Check the settings of {role}: trace.exporter=otlp");
    }

    [Fact]
    public async Task A_querynode_that_was_killed_in_the_middle_of_a_search_is_named()
    {
        var report = await VerifyAsync("querynode-killed");

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.ToVerdictLine().ShouldContain(", 1 internal call unanswered, 5 errors (in QueryNode/Search of proxy), ");
        report.Causes.ShouldHaveSingleItem().Message.ShouldBe(
            "1 call of querynode left no span of it, the first one QueryNode/Search, though it answered others in this trace; 1 of them failed.");
    }

    [Fact]
    public async Task A_proxy_without_exporter_hands_no_trace_on_and_the_roles_are_known_from_other_times()
    {
        var report = await VerifyAsync("proxy-silent");

        report.ToVerdictLine().ShouldStartWith("not joined: 0 of 2 client calls, 1 root, 0 orphans, 5 spans (milvus-client 5)");
        report.Causes[0].Code.ShouldBe(CauseCodes.MilvusNotExporting);
        report.Causes[0].Message.ShouldContain("though spans of proxy and rootcoord and datacoord and querycoord and querynode and segcore came at other times: the Milvus that was called, its proxy at least, does not export");
    }

    [Theory]
    [InlineData("mixcoord")]
    [InlineData("streamingnode")]
    [InlineData("mixture")]
    public async Task Roles_of_other_versions_are_known(string role)
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client", role], "jaeger-client-only.json");

        var report = await VerifyAsync(jaeger);

        report.Causes[0].Message.ShouldContain($"though spans of {role} came at other times");
    }

    [Fact]
    public void A_stream_between_roles_and_a_call_for_a_timestamp_need_no_answer()
    {
        var search = Spans.Server(3, 2, service: "proxy");
        var verdict = Verdict.Of(Spans.Trace(
            Spans.Span(1), Spans.Call(2, 1), search,
            Spans.Call(4, 3, service: "proxy") with { Name = "milvus.proto.streaming.StreamingNodeHandlerService/Produce", Attributes = Rpc("milvus.proto.streaming.StreamingNodeHandlerService", "Produce") },
            Spans.Call(5, 3, service: "proxy") with { Name = "milvus.proto.rootcoord.RootCoord/AllocTimestamp", Attributes = Rpc("milvus.proto.rootcoord.RootCoord", "AllocTimestamp") }));

        verdict.Joined.ShouldBeTrue();
        verdict.ClientCalls.ShouldBe(1);
    }

    private static Dictionary<string, string> Rpc(string service, string method) => new() { ["rpc.system"] = "grpc", ["rpc.service"] = service, ["rpc.method"] = method };

    private static async Task<VerificationReport> VerifyAsync(string recording, string service = "milvus-client")
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, $"cluster-{recording}.json");
        // Only the caller's traces are found: the roles' own are empty.
        jaeger.HoldTraces((service, $"cluster-{recording}.json"));
        return await VerifyAsync(jaeger, service);
    }

    private static async Task<VerificationReport> VerifyAsync(FakeHttpServer jaeger, string service = "milvus-client")
    {
        using var backend = new JaegerBackend(jaeger.Url);
        return await TraceVerifier.VerifyAsync(new VerificationRequest
        {
            Backends = [backend],
            Service = service,
            Wait = TimeSpan.FromSeconds(1),
            ExportDelay = TimeSpan.Zero,
        });
    }
}
