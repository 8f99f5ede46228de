using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>
/// An RPC of <c>milvus.proto.milvus.MilvusService</c>, listed here or not. Requests are read if their RPC is listed, and only
/// in the given fields: field 3 of CreateCredential, for example, is a password.
/// </summary>
internal sealed class MilvusMethod
{
    public const string Service = "/milvus.proto.milvus.MilvusService/";

    private static readonly FrozenDictionary<string, MilvusMethod> ByPath = new[]
    {
        Group(
            new(Database: 2, Collection: 3),
            """
            CreateCollection DropCollection LoadCollection ReleaseCollection AlterCollection AlterCollectionField AddCollectionField
            HasCollection DescribeCollection GetCollectionStatistics RenameCollection Flush
            CreatePartition DropPartition LoadPartitions ReleasePartitions HasPartition ShowPartitions GetPartitionStatistics
            CreateIndex AlterIndex DropIndex DescribeIndex GetIndexState GetIndexBuildProgress GetIndexStatistics
            CreateAlias AlterAlias ListAliases GetPersistentSegmentInfo GetQuerySegmentInfo
            AddCollectionFunction AlterCollectionFunction DropCollectionFunction AddCollectionStructField AlterCollectionSchema TruncateCollection
            CreateNamespace DescribeNamespace ListNamespaces HasNamespace DropNamespace GetNamespaceStats Prewarm
            ListSnapshots ListRestoreSnapshotJobs RefreshExternalCollection ListRefreshExternalCollectionJobs
            """),
        Group(new(Database: 2, Collection: 3, Rows: 7), "Insert Upsert"),
        Group(new(Database: 2, Collection: 3, Filter: 5), "Delete"),
        Group(new(Database: 2, Collection: 3, Filter: 4), "Query"),
        Group(
            new(
                Database: 2, Collection: 3, Filter: 5, Vectors: 6, OutputFields: 8, Parameters: 9, VectorCount: 12,
                ConsistencyLevel: 14, UseDefaultConsistency: 15, Ids: 22),
            "Search"),
        Group(
            new(Database: 2, Collection: 3, Requests: 5, Parameters: 6, OutputFields: 10, ConsistencyLevel: 11, UseDefaultConsistency: 12),
            "HybridSearch"),
        Group(new(Database: 4, Collection: 2), "GetLoadingProgress GetLoadState"),
        Group(new(Database: 3, Collection: 4), "GetFlushState"),
        Group(new(Database: 5, Collection: 4), "ManualCompaction GetReplicas"),
        Group(new(Database: 6, Collection: 5), "LoadBalance"),
        Group(new(Database: 7, Collection: 1), "Import"),
        Group(new(Database: 3, Collection: 1), "ListImportTasks"),
        Group(
            new(Database: 2),
            "CreateDatabase DropDatabase AlterDatabase DescribeDatabase ShowCollections DescribeAlias DropAlias FlushAll"),
        Group(new(Database: 3), "GetFlushAllState"),
        Group(
            new(),
            """
            CheckHealth GetVersion GetMetrics Connect AllocTimestamp ListDatabases CalcDistance
            GetImportState GetCompactionState GetCompactionStateWithPlans
            CreateCredential UpdateCredential DeleteCredential ListCredUsers CreateRole DropRole OperateUserRole SelectRole SelectUser
            OperatePrivilege OperatePrivilegeV2 SelectGrant BackupRBAC RestoreRBAC
            CreatePrivilegeGroup DropPrivilegeGroup OperatePrivilegeGroup ListPrivilegeGroups
            CreateResourceGroup DropResourceGroup UpdateResourceGroups ListResourceGroups DescribeResourceGroup TransferNode TransferReplica
            """),
    }.SelectMany(group => group).ToFrozenDictionary(method => Service + method.Name);

    private static readonly ConcurrentDictionary<string, MilvusMethod> Unlisted = new();

    private Target? _lastTarget;

    private MilvusMethod(string name, RequestFields request)
        => (Name, Request, Operation) = (name, request, JsonNamingPolicy.SnakeCaseLower.ConvertName(name));

    /// <summary>The name in milvus.proto: <c>HasCollection</c>.</summary>
    public string Name { get; }

    /// <summary>The value of <c>db.operation.name</c>: <c>has_collection</c>.</summary>
    public string Operation { get; }

    public RequestFields Request { get; }

    /// <summary>Whether the response has a status where <see cref="StatusReader"/> looks. The fields of ComponentStates look like one.</summary>
    public bool HasStatus => Name != "GetComponentStates";

    public static IEnumerable<MilvusMethod> All => ByPath.Values;

    /// <returns>The RPC that the request calls; null if it is not one of MilvusService.</returns>
    public static MilvusMethod? Of(HttpRequestMessage request)
    {
        var path = request.RequestUri is { IsAbsoluteUri: true } uri ? uri.AbsolutePath : "";
        return ByPath.TryGetValue(path, out var method) || Unlisted.TryGetValue(path, out method) ? method
            : path.StartsWith(Service, StringComparison.Ordinal) && path.IndexOf('/', Service.Length) < 0
                ? Unlisted.GetOrAdd(path, static path => new MilvusMethod(path[Service.Length..], new RequestFields()))
                : null;
    }

    /// <summary>Returns the collection with its span name. Keeps the last one: most calls of an RPC use the same collection.</summary>
    /// <param name="utf8">The name of the collection in the request.</param>
    public Target TargetOf(ReadOnlySpan<byte> utf8)
    {
        if (_lastTarget is { } last && utf8.SequenceEqual(last.Utf8))
        {
            return last;
        }

        var collection = Encoding.UTF8.GetString(utf8);
        return _lastTarget = new Target(utf8.ToArray(), collection, $"{Operation} {collection}");
    }

    /// <summary>Returns the name of a span without a collection. It has the database or the server, if the RPC is about that.</summary>
    /// <seealso href="https://opentelemetry.io/docs/specs/semconv/database/database-spans/#name"/>
    public string SpanNameWithoutCollection(string? database, Uri? server)
        => this switch
        {
            { Request.Collection: > 0 } => Operation,
            { Request.Database: > 0 } => $"{Operation} {database}",
            _ => server is null ? Operation : $"{Operation} {server.Authority}",
        };

    private static IEnumerable<MilvusMethod> Group(RequestFields request, string names)
        => names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(name => new MilvusMethod(name, request));
}

/// <summary>A collection: its name in a request and in attributes, and the name of the spans of its calls.</summary>
internal sealed record Target(byte[] Utf8, string Collection, string SpanName);
