using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verification;

/// <summary>
/// Traces recorded from a distributed Milvus 2.3.5 in which one role does not export. "silent" roles have no exporter, and so do not
/// propagate the trace; "lost" ones export to an address where no server listens.
/// </summary>
public class ClusterRecordingTests
{
    private static readonly string[] AllServices = ["milvus-client", "proxy", "rootcoord", "datacoord", "querycoord", "querynode", "segcore"];

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
    [InlineData("querynode-silent", "querynode", "2 calls from querycoord and proxy to querynode")]
    [InlineData("querycoord-silent", "querycoord", "5 calls from proxy to querycoord")]
    [InlineData("querycoord-lost", "querycoord", "the parents of 4 spans below are missing")]
    [InlineData("rootcoord-lost", "rootcoord", "the parents of 2 spans below are missing")]
    [InlineData("proxy-lost", "proxy", "3 calls from milvus-client and rootcoord to proxy")]
    public async Task A_role_that_does_not_export_is_named(string recording, string role, string message)
    {
        var report = await VerifyAsync(recording);

        report.Outcome.ShouldBe(Outcome.NotJoined);
        var cause = report.Causes.ShouldHaveSingleItem(report.ToPlainText());
        cause.Code.ShouldBe(CauseCodes.RoleNotExporting);
        cause.Message.ShouldContain(message);
        cause.Fix.ShouldContain(role);
        cause.Fix.ShouldContain("trace.exporter=otlp");
    }

    [Fact]
    public async Task A_querynode_that_was_killed_in_a_search_is_named()
    {
        var report = await VerifyAsync("querynode-killed");

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.ToVerdictLine().ShouldContain(", 1 internal call unanswered, 5 errors (in QueryNode/Search of proxy), ");
        report.Causes.ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.SpansLost);
        report.Causes[0].Message.ShouldContain("The querynode spans of 1 call are missing, first of QueryNode/Search");
        report.Causes[0].Message.ShouldContain("1 call failed");
    }

    [Fact]
    public async Task A_proxy_without_exporter_does_not_propagate_the_trace_and_the_roles_are_known_from_other_traces()
    {
        var report = await VerifyAsync("proxy-silent");

        report.ToVerdictLine().ShouldStartWith("not joined: 0 of 2 client calls, 1 root, 0 orphans, 5 spans (milvus-client 5)");
        report.Causes[0].Code.ShouldBe(CauseCodes.MilvusNotExporting);
        report.Causes[0].Message.ShouldContain("proxy and rootcoord and datacoord and querycoord and querynode and segcore");
    }

    private static async Task<VerificationReport> VerifyAsync(string recording, string service = "milvus-client") =>
        await Spans.VerifyAsync(new MemoryBackend("jaeger", await Spans.RecordedAsync($"cluster-{recording}.json")) { Services = AllServices }, service: service);
}
