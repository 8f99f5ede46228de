using System.Diagnostics;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

/// <summary>Each kind of advice, for a trace with that trouble and for the traces most like it.</summary>
public class AdviceTests
{
    /// <summary>Words of which each advice has some, and its neighbours have others.</summary>
    private static readonly string[] Remedies =
    [
        "scalar index", "nprobe", "fewer output fields", "weaker level", "eventual consistency", "add querynodes", "more rows per call",
        "near Milvus", "CPU throttling", "only the primary key", "application starts", "load states",
    ];

    public static TheoryData<string, TraceData, string, string[]> Troubles => new()
    {
        { "filter", OnNode("Search", Segcore("SegCoreSearch", 90), Below(20, "PhyFilterBitsNode::Execute", 80), Below(21, "PhyVectorSearchNode::Execute", 1, at: 86)), "segcore: scalar filter", ["scalar index"] },
        { "filter of a query", OnNode("Query", Segcore("SegCoreRetrieve", 90), Below(20, "PhyFilterBitsNode::Execute", 80)), "segcore: scalar filter", ["scalar index"] },
        { "vector search", OnNode("Search", Segcore("SegCoreSearch", 90), Below(20, "PhyFilterBitsNode::Execute", 1), Below(21, "PhyVectorSearchNode::Execute", 80)), "segcore: vector search", ["nprobe"] },
        { "search without spans inside", OnNode("Search", Segcore("SegCoreSearch", 90)), "segcore", ["scalar index", "nprobe"] },
        { "segcore's own time", OnNode("Search", Segcore("SegCoreSearch", 90), Below(21, "PhyVectorSearchNode::Execute", 1)), "segcore", [] },
        { "query", OnNode("Query", Segcore("SegCoreRetrieve", 90)), "segcore: filter and fields", ["scalar index", "fewer output fields"] },
        { "output fields", OnNode("Search", Segcore("ReduceSearchResultsAndFillData", 90), Below(20, "ReduceHelper::FillEntryData", 80)), "reduce and output fields", ["fewer output fields"] },
        { "output fields of a query", OnNode("Query", Segcore("SegCoreRetrieve", 90), Below(20, "FillTargetEntry", 80)), "reduce and output fields", ["fewer output fields"] },
        { "scheduler", OnNode("Search", Span(10, 9, "schedule", "querynode", at: 3, milliseconds: 80), Span(11, 10, "SegCoreSearch", "segcore", at: 83, milliseconds: 9)), "waiting in a scheduler", ["add querynodes"] },
        { "work after the scheduler", OnNode("Search", Span(10, 9, "schedule", "querynode", at: 3, milliseconds: 1), Span(11, 10, "later name", "querynode", at: 4, milliseconds: 85)), "querynode", [] },
        { "time tick", OnNode("Search", Span(10, 9, "Delegator-waitTSafe", "querynode", at: 3, milliseconds: 80)), "waiting for the time tick", ["eventual consistency"] },
        { "network inside", OnNode("Search", start: 80, end: 94), "network inside Milvus", ["CPU throttling"] },
        { "reduce in the proxy", InProxy("Search", Span(8, 3, "decodeSearchResults", "proxy", at: 3, milliseconds: 80)), "reduce", ["fewer output fields"] },
        { "requery", InProxy("HybridSearch", Requery()), "requery of output fields", ["fewer output fields", "only the primary key"] },
        { "the same of a query", InProxy("Query", Requery()), "segcore: filter and fields", ["scalar index", "fewer output fields"] },
        { "message queue", InProxy("Insert", Span(8, 3, "InsertTask", "proxy", at: 3, milliseconds: 90), Span(9, 8, "wal.append", "proxy", at: 4, milliseconds: 80)), "message queue", ["more rows per call"] },
        { "WAL without spans", InProxy("Insert", Span(8, 3, "InsertTask", "proxy", at: 3, milliseconds: 90)), "proxy: execution", ["more rows per call"] },
        { "execution of a search", InProxy("Search", Span(8, 3, "SearchTask", "proxy", at: 3, milliseconds: 90)), "proxy: execution", [] },
        { "coordinators", InProxy("Search", GetShardLeaders(), Answer()), "coordinators", ["load states"] },
        { "network before Milvus", Trace(Call(2, null, milliseconds: 100), Server(3, 2, service: "proxy", at: 80, milliseconds: 10)), "client and network", ["near Milvus"] },
        { "polling", Trace(Polls(calls: 4)), "client, between calls", ["application starts"] },
        { "two calls", Trace(Polls(calls: 2)), "client, between calls", [] },
    };

    [Theory]
    [MemberData(nameof(Troubles))]
    public void Advice_fits_the_trouble(string trouble, TraceData trace, string part, string[] remedies)
    {
        var operation = Explanation.Of([trace]).Operations.ShouldHaveSingleItem();

        operation.Parts[0].Name.ShouldBe(part, trouble);
        var advice = string.Join('\n', operation.Advice);
        Remedies.Where(remedy => advice.Contains(remedy)).ShouldBe(remedies, ignoreOrder: true, advice);
        operation.Advice.Count.ShouldBe(remedies.Length == 0 ? 0 : 1, "no other part has evidence");
    }

    [Fact]
    public void Advice_states_evidence_share_and_the_most_that_it_can_save()
    {
        var filter = OnNode("Search", Segcore("SegCoreSearch", 90), Below(20, "PhyFilterBitsNode::Execute", 75));

        var advice = Explanation.Of([filter]).Operations[0].Advice.ShouldHaveSingleItem();

        advice.ShouldStartWith("75 % ");
        advice.ShouldContain("75.0 ms of 100 ms");
        advice.ShouldContain("PhyFilterBitsNode::Execute on querynode 7");
        advice.ShouldEndWith("saves 75.0 ms at most.");
    }

    [Fact]
    public void Advice_names_the_process_of_each_span_the_calls_of_coordinators_and_missing_roles()
    {
        AdviceFor(Span(8, 3, "wal.append", "proxy", at: 3, milliseconds: 90), Span(9, 8, "wal.write", "streamingnode", at: 40, milliseconds: 50))
            .ShouldHaveSingleItem().ShouldContain("in wal.write on streamingnode and wal.append on proxy.");
        AdviceFor(GetShardLeaders(), Answer()).ShouldHaveSingleItem().ShouldContain("1 of these calls: QueryCoord/GetShardLeaders.");
        AdviceFor(GetShardLeaders())[0].ShouldStartWith("The called role's spans of QueryCoord/GetShardLeaders are missing, so the parts may be wrong");

        static IReadOnlyList<string> AdviceFor(params Span[] spans) => Explanation.Of([InProxy("Search", spans)]).Operations[0].Advice;
    }

    [Fact]
    public void Two_large_parts_have_advice_each() =>
        Explanation.Of([OnNode("Search", Segcore("SegCoreSearch", 90), Below(20, "PhyFilterBitsNode::Execute", 45), Below(21, "PhyVectorSearchNode::Execute", 40, at: 52))])
            .Operations[0].Advice.Select(advice => advice[..4]).ShouldBe(["45 %", "40 %"]);

    [Fact]
    public void The_slowest_call_lists_its_querynodes_and_segments()
    {
        var nodes = Explanation.Of([Trace(
            Call(2, null, milliseconds: 100),
            Server(3, 2, service: "proxy", milliseconds: 100),
            Node(4, 3, "5"), Span(5, 4, "SegCoreSearch", "segcore", milliseconds: 10), Span(6, 4, "SegCoreSearch", "segcore", milliseconds: 20),
            Node(7, 3, "7"), Span(8, 7, "SegCoreSearch", "segcore", milliseconds: 60))]).Operations[0].Nodes;

        nodes.Select(node => (node.Name, node.Segments, node.SlowestSegment.TotalMilliseconds)).ShouldBe([("querynode 7", 1, 60), ("querynode 5", 2, 20)]);

        static Span Node(int id, int parent, string nodeId) =>
            Span(id, parent, "milvus.proto.query.QueryNode/Search", "querynode", ActivityKind.Server, milliseconds: 90).With(("NodeID", nodeId));
    }

    /// <summary>A call of 100 ms with a span of querynode 7, with id 9, from 2 to 98 ms.</summary>
    private static TraceData OnNode(string method, params Span[] spans) => OnNode(method, 2, 98, spans);

    private static TraceData OnNode(string method, double start, double end, params Span[] spans) => InProxy(
        method,
        [
            Internal(8, 3, $"query.QueryNode/{method}", "proxy", at: 1, milliseconds: 98),
            Internal(9, 8, $"query.QueryNode/{method}", "querynode", ActivityKind.Server, at: start, milliseconds: end - start)
                .With(("rpc.service", "milvus.proto.query.QueryNode"), ("rpc.method", method), ("NodeID", "7")),
            .. spans,
        ]);

    private static TraceData InProxy(string method, params Span[] spans) =>
        Trace([Call(2, null, method, milliseconds: 100), Server(3, 2, method, "proxy", milliseconds: 100), .. spans]);

    private static Span Segcore(string name, double milliseconds) => Span(10, 9, name, "segcore", at: 4, milliseconds: milliseconds);

    private static Span Below(int id, string name, double milliseconds, double at = 5) => Span(id, 10, name, "segcore", at: at, milliseconds: milliseconds);

    private static Span GetShardLeaders() => Internal(8, 3, "query.QueryCoord/GetShardLeaders", "proxy", at: 3, milliseconds: 85);

    private static Span Answer() => Internal(9, 8, "query.QueryCoord/GetShardLeaders", "querycoord", ActivityKind.Server, at: 4, milliseconds: 80);

    private static Span[] Requery() =>
    [
        Span(30, 3, "RetrieveTask", "proxy", at: 3, milliseconds: 90),
        Internal(31, 30, "query.QueryNode/Query", "proxy", at: 4, milliseconds: 88),
        Internal(32, 31, "query.QueryNode/Query", "querynode", ActivityKind.Server, at: 5, milliseconds: 86),
        Span(33, 32, "SegCoreRetrieve", "segcore", at: 6, milliseconds: 84),
    ];

    private static IEnumerable<Span> Polls(int calls) =>
    [
        Span(1, name: "load_collection a", kind: ActivityKind.Client, milliseconds: 100).With(("db.system.name", "milvus"), ("db.operation.name", "load_collection")),
        .. Enumerable.Range(0, calls).SelectMany(i => new[]
        {
            Call(10 + i, 1, "GetLoadingProgress", at: 20 * i, milliseconds: 2), Server(20 + i, 10 + i, "GetLoadingProgress", "proxy", at: 20 * i, milliseconds: 2),
        }),
    ];
}
