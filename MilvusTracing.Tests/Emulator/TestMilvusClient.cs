using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Tests.Emulator;

/// <summary>A gRPC client of Milvus without an SDK: it returns the responses as they are.</summary>
internal sealed class TestMilvusClient : IDisposable
{
    public const string Collection = "books";

    private readonly GrpcChannel _channel;

    public TestMilvusClient(Uri address)
    {
        _channel = GrpcChannel.ForAddress(address, new()
        {
            MaxSendMessageSize = null,
            MaxReceiveMessageSize = null,
            DisposeHttpClient = true,
            // No traceparent but the test's: a listener of another test makes gRPC's client add one.
            HttpHandler = new SocketsHttpHandler { ActivityHeadersPropagator = null, EnableMultipleHttp2Connections = true },
        });
        Invoker = _channel.CreateCallInvoker().Intercept(new SuppressInstrumentation());
        Client = new(Invoker);
    }

    public MilvusService.MilvusServiceClient Client { get; }

    public CallInvoker Invoker { get; }

    public void Dispose() => _channel.Dispose();

    /// <summary>Creates and loads a collection with the primary key id, the vector v and further fields.</summary>
    public async Task CreateLoadedAsync(string metric = "L2", int dimension = 2, bool dynamic = false, params FieldSchema[] more)
    {
        FieldSchema[] fields = [Field("id", DataType.Int64, isKey: true), Vector("v", dimension), .. more];
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, fields, dynamic)));
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", metric))));
        Succeeded(await Client.LoadCollectionAsync(Named));
        await LoadedAsync();
    }

    /// <summary>Waits until the collection is loaded, which a real Milvus does in the background.</summary>
    public Task LoadedAsync() => Timeouts.PollAsync(
        async () => (await Client.GetLoadStateAsync(new() { CollectionName = Collection })).State is LoadState.Loaded, () => "The collection is not loaded.");

    public async Task InsertAsync(params FieldData[] columns) => Succeeded((await Client.InsertAsync(Rows(columns))).Status);

    public async Task<long> CountAsync(string filter = "") =>
        (await Client.QueryAsync(Where(filter, output: ["count(*)"]))).FieldsData.Single().Scalars.LongData.Data.Single();

    public static void Succeeded(Status status) => (status.Code, status.ErrorCode, status.Reason).ShouldBe((0, ErrorCode.Success, ""));

    /// <summary>Asserts that the request failed, and that the reason contains this text.</summary>
    public static void Refused(Status status, string reason)
    {
        status.Code.ShouldNotBe(0);
        status.Reason.ShouldContain(reason);
    }

    public static CollectionRequest Named => new() { CollectionName = Collection };

    public static CreateCollectionRequest Create(string name, IEnumerable<FieldSchema> fields, bool dynamic = false) => new()
    {
        CollectionName = name,
        Schema = new CollectionSchema { Name = name, EnableDynamicField = dynamic, Fields = { fields } }.ToByteString(),
        ShardsNum = 1,
    };

    public static FieldSchema Field(string name, DataType type, bool isKey = false, bool automatic = false, int maxLength = 0)
    {
        var field = new FieldSchema { Name = name, DataType = type, IsPrimaryKey = isKey, AutoID = automatic };
        if (maxLength > 0)
        {
            field.TypeParams.Add(new KeyValuePair { Key = "max_length", Value = $"{maxLength}" });
        }

        return field;
    }

    public static FieldSchema Vector(string name, object dimension) => new()
    {
        Name = name,
        DataType = DataType.FloatVector,
        TypeParams = { new KeyValuePair { Key = "dim", Value = $"{dimension}" } },
    };

    public static CreateIndexRequest Index(string field, params (string Key, string Value)[] parameters) => new()
    {
        CollectionName = Collection,
        FieldName = field,
        ExtraParams = { Pairs(parameters) },
    };

    public static InsertRequest Rows(params FieldData[] columns) => new()
    {
        CollectionName = Collection,
        FieldsData = { columns },
        NumRows = (uint)(columns.FirstOrDefault()?.Scalars?.LongData?.Data.Count ?? columns.FirstOrDefault()?.Scalars?.StringData?.Data.Count ?? 1),
    };

    /// <summary>Converts an insert to an upsert of the same rows.</summary>
    public static UpsertRequest Upsert(InsertRequest insert) => UpsertRequest.Parser.ParseFrom(insert.ToByteString());

    public static FieldData Ids(params long[] ids) => Column("id", DataType.Int64, new() { LongData = new() { Data = { ids } } });

    public static FieldData Texts(string name, params string[] texts) => Column(name, DataType.VarChar, new() { StringData = new() { Data = { texts } } });

    public static FieldData Jsons(string name, params string[] texts)
    {
        var column = Column(name, DataType.Json, new() { JsonData = new() { Data = { texts.Select(ByteString.CopyFromUtf8) } } });
        column.IsDynamic = name == "$meta";
        return column;
    }

    public static FieldData Column(string name, DataType type, ScalarField values) => new() { FieldName = name, Type = type, Scalars = values };

    /// <summary>The vectors of column v.</summary>
    public static FieldData Vectors(params float[][] rows) => new()
    {
        FieldName = "v",
        Type = DataType.FloatVector,
        Vectors = new() { Dim = rows[0].Length, FloatVector = new() { Data = { rows.SelectMany(row => row) } } },
    };

    public static SearchRequest Nearest(
        float[][] queries, int limit = 3, string metric = "L2", string filter = "", string[]? output = null, params (string Key, string Value)[] more)
    {
        var placeholder = new PlaceholderValue { Tag = "$0", Type = PlaceholderType.FloatVector };
        placeholder.Values.AddRange(queries.Select(query => ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(query))));
        var parameters = new Dictionary<string, string>
        {
            ["anns_field"] = "v",
            ["topk"] = $"{limit}",
            ["metric_type"] = metric,
            ["params"] = "{}",
            ["round_decimal"] = "-1",
        };
        foreach (var (key, value) in more)
        {
            parameters[key] = value;
        }

        return new()
        {
            CollectionName = Collection,
            Dsl = filter,
            DslType = DslType.BoolExprV1,
            OutputFields = { output ?? [] },
            Nq = queries.Length,
            PlaceholderGroup = new PlaceholderGroup { Placeholders = { placeholder } }.ToByteString(),
            SearchParams = { Pairs(parameters.Select(parameter => (parameter.Key, parameter.Value))) },
        };
    }

    public static QueryRequest Where(
        string filter, string[]? output = null, string[]? partitions = null, params (string Key, string Value)[] parameters) => new()
        {
            CollectionName = Collection,
            Expr = filter,
            OutputFields = { output ?? [] },
            PartitionNames = { partitions ?? [] },
            QueryParams = { Pairs(parameters) },
        };

    public static DeleteRequest Delete(string filter) => new() { CollectionName = Collection, Expr = filter };

    public static IndexRequest OfIndex(string field = "") => new() { CollectionName = Collection, FieldName = field };

    private static IEnumerable<KeyValuePair> Pairs(IEnumerable<(string Key, string Value)> pairs) =>
        pairs.Select(pair => new KeyValuePair { Key = pair.Key, Value = pair.Value });

    /// <summary>Suppresses instrumentation, which is process-wide: applications in tests that run in parallel would record these calls.</summary>
    private sealed class SuppressInstrumentation : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            using var suppressed = SuppressInstrumentationScope.Begin();
            return continuation(request, context);
        }
    }
}
