using System.Diagnostics;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public class SlowestCallTests
{
    /// <summary>The span that is slow in one call, the node that it is on, and the part that it belongs to.</summary>
    [Theory]
    [InlineData("schedule", "querynode", 5, "waiting in a scheduler", "querynode 5")]
    [InlineData("schedule", "querynode", 7, "waiting in a scheduler", "querynode 7")]
    [InlineData("Delegator-waitTSafe", "querynode", 7, "waiting for the time tick", "querynode 7")]
    [InlineData("SegCoreSearch", "segcore", 5, "segcore", "querynode 5")]
    [InlineData("ReduceSearchResultsAndFillData", "segcore", 7, "reduce and output fields", "querynode 7")]
    [InlineData("network", null, 7, "network inside Milvus", "querynode 7")]
    [InlineData("decodeSearchResults", "proxy", 0, "reduce", "proxy")]
    public void The_part_and_the_node_that_took_longer_are_named(string span, string? service, int node, string part, string where)
    {
        var traces = Enumerable.Range(1, 9).Select(i => Search(i, i == 4 ? (span, service, node) : default)).ToList();

        var search = Explanation.Of(traces, slowest: true).Operations.ShouldHaveSingleItem();

        search.SlowestTraceId.ShouldBe(4.ToString("x32"));
        var difference = search.Difference.ShouldNotBeNull();
        difference.Calls.ShouldBe(9);
        (difference.Parts[0].Part, difference.Parts[0].Node).ShouldBe((part, where));
        difference.Parts[0].Slowest.ShouldBeGreaterThan(TimeSpan.FromSeconds(3.9));
        difference.Parts[0].Median.ShouldBeLessThan(TimeSpan.FromMilliseconds(10));
        difference.Parts.Aggregate(TimeSpan.Zero, (sum, each) => sum + each.Slowest - each.Median).ShouldBe(difference.Slowest - difference.Median);
        difference.ToString().ShouldContain(part);
        difference.ToString().ShouldContain(where);
        Explanation.Of(traces, slowest: true).ToPlainText().ShouldContain(difference.ToString());
        Explanation.Of(traces, slowest: true).ToMarkdown().ShouldContain("4.0");
    }

    [Fact]
    public void Calls_of_other_operations_are_not_compared()
    {
        var search = Explanation.Of([Search(1, default), new TraceData(9.ToString("x32"), [Call(2, null, "Query", milliseconds: 1), Server(3, 2, "Query")])], slowest: true)
            .Operations.ShouldHaveSingleItem();

        (search.Name, search.Difference).ShouldBe(("search", null));
    }

    [Fact]
    public void Calls_that_take_equally_long_have_no_part_to_name() =>
        Explanation.Of([.. Enumerable.Range(1, 9).Select(i => Search(i, default))], slowest: true).Operations[0].Difference!.ToString().ShouldContain("little longer");

    /// <summary>A search on the querynodes 5 and 7 at the same time, which takes 40 ms, and 4 s more if one span is slow.</summary>
    private static TraceData Search(int trace, (string? Span, string? Service, int Node) slow)
    {
        var more = slow.Span is null ? 0 : 4_000;
        var onNode = slow.Node == 0 ? 0 : more;
        return new TraceData(trace.ToString("x32"),
        [
            Call(2, null, milliseconds: 40 + more),
            Server(3, 2, service: "proxy", at: 1, milliseconds: 38 + more),
            .. new[] { 5, 7 }.SelectMany(node => OnNode(node, slow.Node == node ? slow : default)),
            Span(4, 3, "decodeSearchResults", "proxy", at: 30 + onNode, milliseconds: slow.Span == "decodeSearchResults" ? more : 2),
        ]);
    }

    private static IEnumerable<Span> OnNode(int node, (string? Span, string? Service, int Node) slow)
    {
        var id = 100 * node;
        var more = slow.Span is null ? 0 : 4_000;
        var at = 2.0;
        yield return Internal(id, 3, "query.QueryNode/Search", "proxy", at: at, milliseconds: 26 + more);
        at += slow.Span == "network" ? more : 1;
        yield return Internal(id + 1, id, "query.QueryNode/Search", "querynode", ActivityKind.Server, at: at, milliseconds: 24 + (slow.Span == "network" ? 0 : more))
            .With(("rpc.service", "milvus.proto.query.QueryNode"), ("rpc.method", "Search"), ("NodeID", $"{node}"));
        foreach (var (name, service) in new[]
        {
            ("Delegator-waitTSafe", "querynode"), ("schedule", "querynode"), ("SegCoreSearch", "segcore"), ("ReduceSearchResultsAndFillData", "segcore"),
        })
        {
            id++;
            yield return Span(id + 1, (100 * node) + 1, name, service, at: at, milliseconds: slow.Span == name ? more : 3).With(("NodeID", $"{node}"));
            at += slow.Span == name ? more : 3;
        }
    }
}
