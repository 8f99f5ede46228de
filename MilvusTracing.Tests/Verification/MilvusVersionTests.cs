using System.Diagnostics;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

/// <summary>Spans as Milvus 2.4 to 3.0 create them, after their source.</summary>
public class MilvusVersionTests
{
    public static TheoryData<Span[], string, string> Faults => new()
    {
        {
            [
                Call(2, null, milliseconds: 30),
                Server(3, 2, service: "proxy", milliseconds: 29),
                Internal(4, 3, "query.QueryNode/Search", "proxy", at: 1, milliseconds: 20),
                Internal(6, 5, "query.QueryNode/SearchSegments", "querynode", ActivityKind.Server, at: 3, milliseconds: 10),
            ],
            CauseCodes.RoleNotExporting,
            "querynode, or from 2.6 on streamingnode"
        },
        {
            [.. Upsert(), Span(9, 77, "wal.dist_consume", "querynode", at: 70), Span(10, 9, "Operate", "querynode", at: 71)],
            CauseCodes.RoleNotExporting,
            "streamingnode"
        },
        {
            [Span(1, milliseconds: 60), RestCall("http.url", "http://milvus:19530/v2/vectordb/entities/search")],
            CauseCodes.RestNotTraced,
            "2.6.22"
        },
        {
            [Span(1, milliseconds: 60), Call(2, 1, milliseconds: 50), Span(8, 77, "SegCoreSearch", "segcore", at: 9)],
            CauseCodes.MilvusNotExporting,
            "host:port without a scheme, and trace.otlp.secure=false"
        },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task The_first_cause_is_the_fault(Span[] spans, string code, string text)
    {
        var report = await VerifyAsync(spans);

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes[0].Code.ShouldBe(code, report.ToPlainText());
        $"{report.Causes[0].Message} {report.Causes[0].Fix}".ShouldContain(text);
        report.Causes.ShouldAllBe(cause => !cause.Message.Contains("although others"));
    }

    [Theory]
    [InlineData("mixcoord", "datacoord, or mixcoord where the coordinators are one")]
    [InlineData("mixture", "datacoord, or mixture where the coordinators are one")]
    [InlineData("querycoord", "to datacoord.")]
    public async Task A_silent_coordinator_may_be_part_of_another_process(string knownService, string message)
    {
        var trace = Trace(
            Call(2, null, "Flush", milliseconds: 9), Server(3, 2, "Flush", "proxy", milliseconds: 8), Internal(4, 3, "data.DataCoord/Flush", "proxy", milliseconds: 6));

        var report = await VerifyAsync(new MemoryBackend("jaeger", trace) { Services = [knownService] });

        report.Causes[0].Code.ShouldBe(CauseCodes.RoleNotExporting);
        report.Causes[0].Message.ShouldContain(message);
    }

    [Fact]
    public async Task Messages_that_are_consumed_long_after_the_call_do_not_stretch_the_trace()
    {
        const double Hour = 3_600_000;
        var report = await VerifyAsync(
            [
                .. Upsert(),
                Span(8, 7, "wal.append", "streamingnode", at: 6, milliseconds: 30),
                Span(9, 8, "wal.catchup_consume", "querynode", at: Hour),
                Span(10, 9, "Operate", "querynode", at: Hour),
            ]);

        report.EnsureJoined();
        report.Trace!.End.ShouldBe(LongAgo.AddMilliseconds(50));
        var upsert = Explanation.Of([report.Trace]).Operations.ShouldHaveSingleItem();
        upsert.Parts[0].Name.ShouldBe("message queue");
        upsert.Advice.ShouldHaveSingleItem().ShouldContain("more rows per call");
    }

    [Fact]
    public void The_WAL_of_Milvus_2_6_has_no_span_and_the_advice_says_so() =>
        Explanation.Of([Trace(Upsert()[..5])]).Operations.ShouldHaveSingleItem().Advice.ShouldHaveSingleItem().ShouldContain("Milvus 2.6 has no span");

    [Fact]
    public void The_parts_of_a_search_of_2_6_are_recognized()
    {
        var search = Explanation.Of([Trace(
            Call(2, null, milliseconds: 100),
            Server(3, 2, service: "proxy", milliseconds: 100),
            Span(4, 3, "Proxy-Search", "proxy", milliseconds: 100),
            Span(5, 4, "SearchTask", "proxy", milliseconds: 100),
            Span(6, 5, "Proxy-Search-PreExecute", "proxy", milliseconds: 12),
            Span(7, 6, "init search request", "proxy", milliseconds: 12),
            Span(8, 7, "a name of a later version", "proxy", milliseconds: 12),
            Span(9, 5, "Proxy-Search-Execute", "proxy", at: 12, milliseconds: 60),
            Internal(10, 9, "query.QueryNode/Search", "proxy", at: 12, milliseconds: 60),
            Internal(11, 10, "query.QueryNode/Search", "streamingnode", ActivityKind.Server, at: 12, milliseconds: 60),
            Span(12, 11, "schedule", "streamingnode", at: 12, milliseconds: 40),
            Span(13, 11, "a name of a later version", "streamingnode", at: 52, milliseconds: 20),
            Span(14, 5, "Proxy-Search-PostExecute", "proxy", at: 72, milliseconds: 28),
            Span(15, 4, "reduceResults", "proxy", at: 73, milliseconds: 27),
            Span(16, 15, "decodeSearchResults", "proxy", at: 73, milliseconds: 27))]).Operations.ShouldHaveSingleItem();

        search.Parts.Select(part => (part.Name, part.P50.TotalMilliseconds)).ShouldBe(
            [("waiting in a scheduler", 40), ("reduce", 27), ("querynode", 20), ("proxy: before execution", 12), ("proxy: after execution", 1)]);
        search.Advice.ShouldHaveSingleItem().ShouldContain("scheduler");
    }

    [Fact]
    public void In_a_standalone_Milvus_the_scope_names_the_role()
    {
        var search = Explanation.Of([Trace(
            Call(2, null, milliseconds: 100),
            Server(3, 2, milliseconds: 100),
            Span(4, 3, "SearchTask", "standalone", milliseconds: 100) with { ScopeName = "proxy" },
            Span(5, 4, "segmentPrune", "standalone", milliseconds: 90) with { ScopeName = "querynode" })]).Operations.ShouldHaveSingleItem();

        (search.Parts[0].Name, search.Parts[0].P50.TotalMilliseconds).ShouldBe(("querynode", 90));
    }

    [Fact]
    public void A_request_without_a_task_waits_in_no_queue() =>
        Explanation.Of([Trace(
            Call(2, null, "GetVersion", milliseconds: 10),
            Server(3, 2, "GetVersion", "proxy", milliseconds: 10),
            Span(4, 3, "Proxy-GetVersion", "proxy", milliseconds: 9))])
            .Operations.ShouldHaveSingleItem().Parts.Select(part => part.Name).ShouldBe(["proxy"]);

    [Fact]
    public async Task A_REST_request_is_a_call()
    {
        var report = await VerifyAsync(
            Span(1, milliseconds: 60),
            RestCall("url.full", "https://milvus:19530/v2/vectordb/collections/describe?x=1"),
            Span(3, 2, "/v2/vectordb/collections/describe", "proxy", milliseconds: 40),
            Span(4, 3, "Proxy-DescribeCollection", "proxy", milliseconds: 39),
            Span(5, 4, "DescribeCollectionTask", "proxy", milliseconds: 38));

        report.EnsureJoined().Verdict!.ClientCalls.ShouldBe(1);
        var describe = Explanation.Of([report.Trace!]).Operations.ShouldHaveSingleItem();
        (describe.Name, describe.Parts[0].Name).ShouldBe(("describe_collection", "proxy: execution"));
    }

    private static Span RestCall(string key, string url) => Span(2, 1, "POST", kind: ActivityKind.Client, milliseconds: 50).With((key, url));

    /// <summary>An upsert of 3.0 up to the append to a remote WAL. The first five spans are those of 2.6.</summary>
    private static Span[] Upsert() =>
    [
        Call(2, null, "Upsert", milliseconds: 50),
        Server(3, 2, "Upsert", "proxy", at: 1, milliseconds: 48),
        Span(4, 3, "Proxy-Upsert", "proxy", at: 1, milliseconds: 48),
        Span(5, 4, "UpsertTask", "proxy", at: 2, milliseconds: 46),
        Span(6, 5, "Proxy-Upsert-Execute", "proxy", at: 4, milliseconds: 40),
        Span(7, 6, "wal.dist_append", "proxy", at: 5, milliseconds: 38),
    ];
}
