using Grpc.Core;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Search;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Service;

internal sealed partial class EmulatedMilvus
{
    public override Task<SearchResults> Search(SearchRequest request, ServerCallContext context) => Run("Search", "SearchTask", () =>
    {
        Collection collection;
        SearchPlan plan;
        using (tracer.Start("Proxy-Search-PreExecute"))
        {
            collection = catalog.Get(request.DbName, request.CollectionName);
            plan = SearchPlan.Create(collection, request);
        }

        IReadOnlyList<IReadOnlyList<Hit>> hits;
        using (tracer.Start("Proxy-Search-Execute"))
        {
            var partitions = collection.PartitionsToRead(request.PartitionNames, "Search");
            using var core = tracer.StartInCore("SegCoreSearch");
            hits = ExactSearch.Run(
                plan, collection.Rows.Snapshot().Where(partitions, plan.Condition, context.CancellationToken), context.CancellationToken);
        }

        using (tracer.Start("Proxy-Search-PostExecute"))
        {
            return Results(collection, plan, hits);
        }
    });

    public override Task<QueryResults> Query(QueryRequest request, ServerCallContext context)
    {
        // In Milvus the task is not inside the proxy's span but beside it.
        var call = System.Diagnostics.Activity.Current;
        using var proxy = tracer.Start("Proxy-Query");
        System.Diagnostics.Activity.Current = call;
        Timestamp();
        return Task.FromResult(InTask("RetrieveTask", () =>
        {
            var collection = catalog.Get(request.DbName, request.CollectionName);
            var plan = QueryPlan.Create(collection.Schema, request);
            var partitions = PartitionsToQuery(collection, request);
            using var core = tracer.StartInCore("SegCoreRetrieve");
            var found = collection.Rows.Snapshot().Where(partitions, plan.Condition, context.CancellationToken);
            return new QueryResults
            {
                Status = new(),
                CollectionName = collection.Name,
                FieldsData = { plan.CountsOnly ? [Counted(found.LongCount())] : plan.Output.Write(plan.Apply(found)) },
                OutputFields = { plan.CountsOnly ? [QueryPlan.Count] : plan.Output.Names },
                PrimaryFieldName = collection.Schema.Key.Name,
            };
        }));
    }

    private static FieldData Counted(long rows) =>
        new() { Type = DataType.Int64, FieldName = QueryPlan.Count, Scalars = new() { LongData = new() { Data = { rows } } } };

    private static IReadOnlySet<long> PartitionsToQuery(Collection collection, QueryRequest request) => collection.IsLoaded
        ? collection.PartitionsToRead(request.PartitionNames, "Query")
        : throw MilvusError.CollectionNotLoaded(collection.Id).During("failed to query: ");

    private static SearchResults Results(Collection collection, SearchPlan plan, IReadOnlyList<IReadOnlyList<Hit>> hits)
    {
        var all = hits.SelectMany(list => list).ToList();
        Row[] rows = [.. all.Select(hit => hit.Row)];
        return new()
        {
            Status = new(),
            CollectionName = collection.Name,
            Results = new()
            {
                NumQueries = hits.Count,
                TopK = hits.Max(list => list.Count),
                Topks = { hits.Select(list => (long)list.Count) },
                Ids = ColumnWriter.Keys(collection.Schema.Key, rows),
                Scores = { all.Select(hit => plan.Round(hit.Score)) },
                FieldsData = { plan.Output.Write(rows) },
                OutputFields = { plan.Output.Names },
                PrimaryFieldName = collection.Schema.Key.Name,
            },
        };
    }
}
