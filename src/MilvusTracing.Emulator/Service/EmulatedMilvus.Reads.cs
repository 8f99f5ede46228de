using System.Diagnostics;
using Grpc.Core;
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
            Collection.CheckPartitions(request.PartitionNames);
            plan = SearchPlan.Create(collection, request);
        }

        IReadOnlyList<IReadOnlyList<Hit>> hits;
        using (tracer.Start("Proxy-Search-Execute"))
        {
            using var core = tracer.StartInCore("SegCoreSearch");
            hits = ExactSearch.Run(plan, collection.Find(plan.Condition, context.CancellationToken), context.CancellationToken);
        }

        using (tracer.Start("Proxy-Search-PostExecute"))
        {
            return Results(collection, plan, hits);
        }
    });

    public override Task<QueryResults> Query(QueryRequest request, ServerCallContext context)
    {
        // In Milvus the task's span is a sibling of the proxy's span, not a child.
        var call = Activity.Current;
        using var proxy = tracer.Start("Proxy-Query");
        Activity.Current = call;
        Timestamp();
        return Task.FromResult(InTask("RetrieveTask", () =>
        {
            var collection = catalog.Get(request.DbName, request.CollectionName);
            var plan = QueryPlan.Create(collection.Schema, request);
            collection.ThrowIfNotLoaded("failed to query: ");
            Collection.CheckPartitions(request.PartitionNames);
            using var core = tracer.StartInCore("SegCoreRetrieve");
            var found = collection.Find(plan.Condition, context.CancellationToken);
            return new QueryResults
            {
                Status = new(),
                CollectionName = collection.Name,
                FieldsData = { plan.CountsOnly ? [CountColumn(found.LongCount())] : plan.Output.Write(plan.Apply(found)) },
                OutputFields = { plan.CountsOnly ? [QueryPlan.Count] : plan.Output.Names },
                PrimaryFieldName = collection.Schema.Key.Name,
            };
        }));
    }

    private static FieldData CountColumn(long rows) =>
        new() { Type = DataType.Int64, FieldName = QueryPlan.Count, Scalars = new() { LongData = new() { Data = { rows } } } };

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
                Scores = { all.Select(hit => hit.Score) },
                FieldsData = { plan.Output.Write(rows) },
                OutputFields = { plan.Output.Names },
                PrimaryFieldName = collection.Schema.Key.Name,
            },
        };
    }
}
