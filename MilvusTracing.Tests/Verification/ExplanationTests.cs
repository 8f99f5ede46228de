using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public class ExplanationTests
{
    [Theory]
    [InlineData("cluster-pass.json")]
    [InlineData("cluster-mixture.json")]
    [InlineData("cluster-querynode-killed.json")]
    [InlineData("jaeger-pass.json")]
    public async Task The_parts_of_each_operation_add_up_to_the_whole(string recording)
    {
        var explanation = Explanation.Of([await RecordedAsync(recording)]);

        explanation.Operations.ShouldNotBeEmpty();
        explanation.Operations.ShouldAllBe(operation => Math.Abs(operation.Parts.Sum(part => part.Share) - 1) < 1e-9);
        explanation.Operations.Where(operation => operation.Calls == 1)
            .ShouldAllBe(operation => operation.Parts.Aggregate(TimeSpan.Zero, (sum, part) => sum + part.P50) == operation.P50);
    }

    [Fact]
    public void Overlapping_spans_count_once_and_the_last_to_start_counts()
    {
        var explanation = Explanation.Of([Trace(
            Call(2, null, milliseconds: 100),
            Server(3, 2, service: "proxy", at: 10, milliseconds: 80),
            Span(4, 3, "SearchTask", "proxy", at: 20, milliseconds: 60),
            Span(5, 4, "SegCoreSearch", "segcore", at: 30, milliseconds: 30),
            Span(6, 4, "SegCoreSearch", "segcore", at: 40, milliseconds: 30))]);

        explanation.Operations[0].Parts.Select(part => (part.Name, part.P50.TotalMilliseconds)).ShouldBe(
            [("segcore", 40), ("client and network", 20), ("proxy: queue", 20), ("proxy: execution", 20)]);
    }

    [Theory]
    [InlineData("milvus.search.consistency_level")]
    [InlineData("db.milvus.search.consistency_level")]
    public void Searches_of_different_consistency_levels_are_explained_separately(string key)
    {
        var explanation = Explanation.Of([Trace([Span(1), .. Search(10, "Strong", waits: 90), .. Search(20, "Bounded", waits: 0)])]);

        explanation.Operations.Select(operation => (operation.ConsistencyLevel, operation.Parts[0].Name)).ShouldBe(
            [("Strong", "waiting for the time tick"), ("Bounded", "client and network")]);
        explanation.ToPlainText().ShouldContain("search, Bounded: ");

        Span[] Search(int id, string level, double waits) =>
        [
            Call(id, 1, milliseconds: 10 + waits).With(
                ("rpc.system.name", "grpc"), ("rpc.method", "milvus.proto.milvus.MilvusService/Search"),
                ("db.system.name", "milvus"), ("db.operation.name", "search"), (key, level)),
            Server(id + 1, id, service: "proxy", at: 3, milliseconds: 4 + waits),
            Span(id + 2, id + 1, "Delegator-waitTSafe", "querynode", at: 4, milliseconds: waits),
        ];
    }

    [Fact]
    public void Several_traces_give_percentiles_and_the_slowest_trace()
    {
        var traces = Enumerable.Range(1, 100).Select(i => new TraceData(i.ToString("x32"), [Call(2, null, milliseconds: i), Server(3, 2, service: "proxy", milliseconds: i)])).ToList();

        var search = Explanation.Of(traces).Operations.ShouldHaveSingleItem();

        (search.Calls, search.P50.TotalMilliseconds, search.P95.TotalMilliseconds).ShouldBe((100, 50, 95));
        search.SlowestTraceId.ShouldBe(100.ToString("x32"));
        Explanation.Of(traces, slowest: true).Operations.ShouldHaveSingleItem().P50.TotalMilliseconds.ShouldBe(100);
    }

    [Fact]
    public void Operations_are_named_in_snake_case() =>
        Explanation.Of([Trace(Call(2, null, "BackupRBAC"), Server(3, 2, "BackupRBAC"))]).Operations.ShouldHaveSingleItem().Name.ShouldBe("backup_rbac");

    [Fact]
    public void Advice_needs_evidence()
    {
        Explanation.Of([Trace(Call(2, null, milliseconds: 1), Server(3, 2, milliseconds: 0.1))]).Operations[0].Advice.ShouldBeEmpty("a millisecond needs no change");
        Explanation.Of([Trace(Call(2, null, milliseconds: 100), Server(3, 2, milliseconds: 99))]).Operations[0].Advice.ShouldBeEmpty("no span shows what the proxy did");
        Explanation.Of([Trace(Call(2, null, milliseconds: 100))]).Operations[0].Advice.ShouldHaveSingleItem().ShouldContain("Milvus's spans of 1 call are missing");
    }
}
