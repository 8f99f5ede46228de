using Grpc.Core;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>Requests in the form in which Milvus.Client.V2 2.6 sends them: with fields and parameters that older clients do not send.</summary>
public sealed class MilvusClientV2Tests() : InstrumentationTest(isObserved: true)
{
    private static readonly byte[] TwoVectors = Message((1, Message((1, "$0"), (2, 101), (3, new byte[16]), (3, new byte[16]))));
    private static readonly byte[] TwoHalfVectors = Message((1, Message((1, "$0"), (2, 102), (3, new byte[8]), (3, new byte[8]))));
    private static readonly byte[] Template = Message((1, "min"), (2, Message((2, 1999))));

    public static TheoryData<string, string, byte[], string> Requests => new()
    {
        {
            "a search that leaves the consistency level to the collection, with a template of its filter", "Search",
            Message(
                (2, "shop"), (3, "books"), (5, "year > {min}"), (6, TwoVectors), (7, 1), (8, "title"), (9, Pair("anns_field", "vector")), (9, Pair("topk", "7")),
                (9, Pair("params", "{}")), (9, Pair("metric_type", "COSINE")), (11, 1), (12, 2), (15, true), (18, Template)),
            "search books: metric_type=COSINE nq=2 output_fields.count=1 top_k=7"
        },
        {
            "a strong search for half vectors without a metric type", "Search",
            Message((2, "shop"), (3, "books"), (6, TwoHalfVectors), (7, 1), (9, Pair("anns_field", "vector")), (9, Pair("topk", "7")), (9, Pair("params", "{}")), (12, 2)),
            "search books: consistency_level=Strong nq=2 top_k=7"
        },
        {
            "a page of a search iterator", "Search",
            Message(
                (2, "shop"), (3, "books"), (6, TwoVectors), (7, 1), (9, Pair("anns_field", "vector")), (9, Pair("params", "{}")), (9, Pair("collection_id", "1")),
                (9, Pair("search_iter_v2", "True")), (9, Pair("topk", "100")), (9, Pair("search_iter_batch_size", "100")), (12, 2), (15, true)),
            "search books: nq=2 top_k=100"
        },
        {
            "a search by ids", "Search",
            Message((2, "shop"), (3, "books"), (7, 1), (9, Pair("topk", "7")), (12, 2), (15, true), (22, Message((1, Message((1, new long[] { 1, 300 })))))),
            "search books: nq=2 top_k=7"
        },
        {
            "a hybrid search with a ranker", "HybridSearch",
            Message(
                (2, "shop"), (3, "books"), (5, Message((3, "books"), (9, Pair("topk", "99")), (12, 1))), (5, Message((3, "books"), (12, 1))),
                (6, Pair("strategy", "rrf")), (6, Pair("params", """{"k":60}""")), (6, Pair("limit", "7")), (8, 1), (12, true)),
            "hybrid_search books: ranker=rrf requests.count=2 top_k=7"
        },
        {
            "a hybrid search with a function score", "HybridSearch",
            Message((2, "shop"), (3, "books"), (5, Message((3, "books"))), (6, Pair("limit", "7")), (12, true), (13, Message((1, Message((1, "decay")))))),
            "hybrid_search books: requests.count=1 top_k=7"
        },
        {
            "a query, whose database is only in the headers", "Query",
            Message((3, "books"), (4, "id in [1]"), (5, "title"), (8, 1), (9, Pair("limit", "7")), (12, true), (13, Template)),
            "query books: "
        },
        {
            "a partial upsert with the time of the schema", "Upsert",
            Message((2, "shop"), (3, "books"), (5, Message((1, 5), (2, "id"))), (7, 3), (8, 449_000_000_000_000_000), (9, true)),
            "upsert books: insert.row_count=3"
        },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Each_call_is_a_span_with_its_parameters(string what, string rpc, byte[] request, string expected)
    {
        await Channel.CallAsync(rpc, request, new Metadata { { "authorization", "dG9rZW4=" }, { "dbname", "shop" } });

        var parameters = Telemetry.Attributes(Telemetry.Span)
            .Where(attribute => attribute.Key.StartsWith("milvus.") && !attribute.Key.Contains("score"))
            .Select(attribute => $"{attribute.Key.Replace("milvus.search.", "").Replace("milvus.", "")}={attribute.Value}")
            .Order();
        $"{Telemetry.Span.DisplayName}: {string.Join(' ', parameters)}".ShouldBe(expected, what);
        Telemetry.Span.GetTagItem("db.namespace").ShouldBe("shop");
    }

    private static byte[] Pair(string key, string value) => Message((1, key), (2, value));
}
