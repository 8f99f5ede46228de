using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>Where in a request stands what a span says: field numbers of milvus.proto; 0: nowhere.</summary>
/// <param name="Database">The database's name.</param>
/// <param name="Collection">The collection's name, or names.</param>
/// <param name="Rows">How many rows are written.</param>
/// <param name="Filter">The boolean expression.</param>
/// <param name="Search">What else a search says.</param>
internal sealed record RequestFields(int Database = 0, int Collection = 0, int Rows = 0, int Filter = 0, SearchFields? Search = null)
{
    /// <summary>The field behind which nothing is of interest; messages are written in the order of field numbers.</summary>
    public int Last { get; } = Math.Max(
        Math.Max(Math.Max(Database, Collection), Math.Max(Rows, Filter)),
        Search is null ? 0 : Math.Max(Search.UseDefaultConsistency, Search.OutputFields));
}

/// <inheritdoc cref="RequestFields"/>
internal sealed record SearchFields(int Vectors, int Parameters, int OutputFields, int ConsistencyLevel, int UseDefaultConsistency, int VectorCount = 0);

/// <summary>
/// A unary RPC of <c>milvus.proto.milvus.MilvusService</c>. Only those listed here are looked into: field 3 of
/// CreateCredential, for one, is a password.
/// </summary>
internal sealed class MilvusMethod
{
    private const string Service = "/milvus.proto.milvus.MilvusService/";

    private static readonly FrozenDictionary<string, MilvusMethod> ByPath = new MilvusMethod[][]
    {
        // First the RPCs that answer with a status alone, then those whose answer's field 1 is the status.
        Group(
            new(Database: 2, Collection: 3),
            """
            CreateCollection DropCollection LoadCollection ReleaseCollection AlterCollection AlterCollectionField AddCollectionField
            CreatePartition DropPartition LoadPartitions ReleasePartitions CreateIndex AlterIndex DropIndex CreateAlias AlterAlias
            RenameCollection
            """,
            """
            HasCollection DescribeCollection GetCollectionStatistics HasPartition ShowPartitions GetPartitionStatistics
            DescribeIndex GetIndexState GetIndexBuildProgress GetIndexStatistics Flush ListAliases
            GetPersistentSegmentInfo GetQuerySegmentInfo
            """),
        Group(new(Database: 2, Collection: 3, Rows: 7), "", "Insert Upsert"),
        Group(new(Database: 2, Collection: 3, Filter: 5), "", "Delete"),
        Group(new(Database: 2, Collection: 3, Filter: 4), "", "Query"),
        Group(
            new(Database: 2, Collection: 3, Filter: 5, Search: new(Vectors: 6, Parameters: 9, OutputFields: 8, ConsistencyLevel: 14, UseDefaultConsistency: 15, VectorCount: 12)),
            "", "Search"),
        Group(
            new(Database: 2, Collection: 3, Search: new(Vectors: 0, Parameters: 6, OutputFields: 10, ConsistencyLevel: 11, UseDefaultConsistency: 12)),
            "", "HybridSearch"),
        Group(new(Database: 4, Collection: 2), "", "GetLoadingProgress GetLoadState"),
        Group(new(Database: 3, Collection: 4), "", "GetFlushState"),
        Group(new(Database: 5, Collection: 4), "", "ManualCompaction GetReplicas"),
        Group(new(Database: 6, Collection: 5), "LoadBalance", ""),
        Group(new(Database: 7, Collection: 1), "", "Import"),
        Group(new(Database: 3, Collection: 1), "", "ListImportTasks"),
        Group(new(Database: 2), "CreateDatabase DropDatabase AlterDatabase DropAlias", "DescribeDatabase ShowCollections DescribeAlias FlushAll"),
        Group(new(Database: 3), "", "GetFlushAllState"),
        Group(
            new(),
            """
            CreateCredential UpdateCredential DeleteCredential CreateRole DropRole OperateUserRole OperatePrivilege OperatePrivilegeV2
            CreatePrivilegeGroup DropPrivilegeGroup OperatePrivilegeGroup CreateResourceGroup DropResourceGroup UpdateResourceGroups
            TransferNode TransferReplica RestoreRBAC
            """,
            """
            CheckHealth GetVersion GetMetrics Connect AllocTimestamp ListDatabases GetCompactionState GetCompactionStateWithPlans
            GetImportState CalcDistance ListCredUsers SelectRole SelectUser SelectGrant ListPrivilegeGroups
            ListResourceGroups DescribeResourceGroup BackupRBAC
            """),
    }.SelectMany(group => group).ToFrozenDictionary(rpc => Service + rpc.Name);

    private Target? _lastTarget;

    private MilvusMethod(string name, RequestFields request, bool answersWithStatusAlone)
    {
        (Name, Request, AnswersWithStatusAlone) = (name, request, answersWithStatusAlone);
        Operation = JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
    }

    /// <summary>As Milvus names it: <c>HasCollection</c>.</summary>
    public string Name { get; }

    /// <summary>As <c>db.operation.name</c> has it: <c>has_collection</c>.</summary>
    public string Operation { get; }

    public RequestFields Request { get; }

    /// <summary>Whether the answer is the status, and not a message that begins with it.</summary>
    public bool AnswersWithStatusAlone { get; }

    /// <summary>Whether the answer has rows to count, and where.</summary>
    public AnsweredRows Rows => Request.Search is not null ? AnsweredRows.Search : Name == "Query" ? AnsweredRows.Query : AnsweredRows.None;

    public static IEnumerable<MilvusMethod> All => ByPath.Values;

    /// <returns>The RPC that a gRPC request calls; null where it is none of Milvus's, or not for this library.</returns>
    public static MilvusMethod? Of(HttpRequestMessage request)
        => request.RequestUri is { IsAbsoluteUri: true } uri ? ByPath.GetValueOrDefault(uri.AbsolutePath) : null;

    /// <summary>A collection with the span's name that goes with it. The one of the last call is kept: most calls of an RPC are to one collection.</summary>
    /// <param name="utf8">The collection's name in the message.</param>
    public Target TargetOf(ReadOnlySpan<byte> utf8)
    {
        if (_lastTarget is { } last && utf8.SequenceEqual(last.Utf8))
        {
            return last;
        }

        var collection = Encoding.UTF8.GetString(utf8);
        return _lastTarget = new Target(utf8.ToArray(), collection, $"{Operation} {collection}");
    }

    /// <summary>
    /// The span's name where no collection is known: with the database or the server, where that is what the RPC is for.
    /// </summary>
    /// <seealso href="https://opentelemetry.io/docs/specs/semconv/database/database-spans/#name"/>
    public string NameWithout(string database, Uri server)
        => this switch
        {
            { Request.Collection: > 0 } => Operation,
            { Request.Database: > 0 } => $"{Operation} {database}",
            _ => $"{Operation} {server.Authority}",
        };

    public override string ToString() => Name;

    private static MilvusMethod[] Group(RequestFields request, string answeringWithStatusAlone, string answeringWithMore) =>
    [
        .. Names(answeringWithStatusAlone).Select(name => new MilvusMethod(name, request, answersWithStatusAlone: true)),
        .. Names(answeringWithMore).Select(name => new MilvusMethod(name, request, answersWithStatusAlone: false)),
    ];

    private static string[] Names(string names) => names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A collection, as it stands in messages, in attributes and in the span's name.</summary>
internal sealed record Target(byte[] Utf8, string Collection, string SpanName);

/// <summary>Which rows an answer holds.</summary>
internal enum AnsweredRows
{
    None,
    Search,
    Query,
}
