using Google.Protobuf;
using Grpc.Core;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>Requests that Milvus refuses, and features that the emulator does not support: the reason names the cause, and nothing is stored.</summary>
public sealed class RefusalTests : EmulatorTest
{
    private const int UndefinedField = 999;

    private static readonly FieldSchema Key = Field("id", DataType.Int64, isKey: true);
    private static readonly ByteString AnyMessage = ByteString.CopyFrom(8, 1);

    private static readonly (string Reason, FieldSchema[] Fields)[] Schemas =
    [
        ("id, id2", [Key, Field("id2", DataType.Int64, isKey: true), Vector("v", 4)]),
        ("Int64 or VarChar", [Field("id", DataType.Float, isKey: true), Vector("v", 4)]),
        ("duplicated field", [Key, Vector("v", 4), Field("v", DataType.Int64)]),
        ("dim", [Key, Field("v", DataType.FloatVector)]),
        ("dimension: x", [Key, Vector("v", "x")]),
        ("vector field", [Key]),
        ("max_length", [Key, Vector("v", 4), Field("t", DataType.VarChar)]),
        ("autoID", [Key, Vector("v", 4), Field("n", DataType.Int64, automatic: true)]),
        ("\"1v\"", [Key, Vector("1v", 4)]),
        ("fields of type Array: field a", [Key, Vector("v", 4), Field("a", DataType.Array)]),
        ("default_value", [Key, Vector("v", 4), new() { Name = "n", DataType = DataType.Int64, DefaultValue = ByteString.CopyFrom(24, 5) }]),
        ("nullable", [Key, Vector("v", 4), new() { Name = "n", DataType = DataType.Int64, Nullable = true }]),
        ("is_partition_key", [Key, Vector("v", 4), new() { Name = "n", DataType = DataType.Int64, IsPartitionKey = true }]),
    ];

    private static readonly (string Reason, FieldData[] Columns)[] Columns =
    [
        ("(v) is not equal", [Ids(1, 2), Vectors([1, 2]), Texts("t", "a", "b")]),
        ("FloatVector for field v", [Ids(1), Texts("t", "a")]),
        ("VarChar for field t", [Ids(1), Vectors([1, 2]), Column("t", DataType.Int64, new() { LongData = new() { Data = { 1 } } })]),
        ("field u", [Ids(1), Vectors([1, 2]), Texts("t", "a"), Texts("u", "a")]),
        ("field t is in the request twice", [Ids(1), Vectors([1, 2]), Texts("t", "a"), Texts("t", "a")]),
        ("field v contain a value", [Ids(1), Vectors([1, float.NaN]), Texts("t", "a")]),
        ("field $meta", [Ids(1), Vectors([1, 2]), Texts("t", "a"), Jsons("$meta", "[1]")]),
        ($"field {UndefinedField} in FieldData", [WithUndefinedField(Ids(1), 7), Vectors([1, 2]), Texts("t", "a")]),
    ];

    [Fact]
    public async Task Invalid_or_unsupported_schema_is_refused()
    {
        foreach (var (reason, fields) in Schemas)
        {
            Refused(await Client.CreateCollectionAsync(Create(Collection, fields)), reason);
        }

        Refused(await Client.CreateCollectionAsync(Create("a-b", [Key, Vector("v", 4)])), "\"a-b\"");
        var schema = new CollectionSchema { Name = Collection, Fields = { Key, Vector("v", 4) }, StructArrayFields = { AnyMessage } };
        Refused(await Client.CreateCollectionAsync(new() { CollectionName = Collection, Schema = schema.ToByteString() }), "struct_array_fields");
        (await Client.ShowCollectionsAsync(new())).CollectionNames.ShouldBeEmpty();
    }

    [Fact]
    public async Task Invalid_or_unsupported_rows_are_refused()
    {
        await Milvus.CreateLoadedAsync(dynamic: true, more: Field("t", DataType.VarChar, maxLength: 8));
        foreach (var (reason, columns) in Columns)
        {
            Refused((await Client.InsertAsync(Rows(columns))).Status, reason);
            Refused((await Client.UpsertAsync(Upsert(Rows(columns)))).Status, reason);
        }

        foreach (var count in new uint[] { 0, 3, 4_000_000_000 })
        {
            var rows = Rows(Ids(1, 2), Vectors([1, 2], [3, 4]), Texts("t", "a", "b"));
            rows.NumRows = count;
            Refused((await Client.InsertAsync(rows)).Status, "num_rows");
        }

        var insert = Rows(Ids(1), Vectors([1, 0]), Texts("t", "a"));
        insert.Namespace = "tenant";
        Refused((await Client.InsertAsync(insert)).Status, "namespace");
        (await Milvus.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Invalid_or_unsupported_request_is_refused()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1), Vectors([1, 1]));
        var delete = Delete("id in [1]");
        delete.ExprTemplateValues.Add(AnyMessage);
        var query = Where("id > 0");
        query.ExprTemplateValues.Add(AnyMessage);

        Refused((await Client.DeleteAsync(delete)).Status, "expr_template_values");
        foreach (var filter in new[] { "true == true", "id == 1 or 1 < 2", "id >", " " })
        {
            (await Client.DeleteAsync(Delete(filter))).Status.Code.ShouldNotBe(0, filter);
        }

        Refused((await Client.QueryAsync(query)).Status, "expr_template_values");
        Refused((await Client.QueryAsync(Where("id > 0", parameters: ("ignore_growing", "True")))).Status, "ignore_growing");
        Refused((await Client.SearchAsync(Nearest([[1, 0, 0]]))).Status, "vector dimension mismatch");
        Refused((await Client.SearchAsync(WithUndefinedField(Nearest([[1, 0]]), 7))).Status, $"field {UndefinedField} in SearchRequest");
        Succeeded((await Client.SearchAsync(WithUndefinedField(Nearest([[1, 0]]), 0))).Status);
        Refused(await Client.LoadCollectionAsync(new() { CollectionName = Collection, LoadFields = { "id" } }), "load_fields");
        Refused(await Client.CreateIndexAsync(Index("nope", ("index_type", "FLAT"), ("metric_type", "L2"))), "nope");
        Refused(await Client.CreateIndexAsync(Index("v", ("index_type", "IVF_PQ"), ("metric_type", "L2"))), "IVF_PQ");
        Refused(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "HAMMING"))), "[L2 IP COSINE]");
        (await Milvus.CountAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData("anns_field", "nope", "nope")]
    [InlineData("topk", "many", "topk [many]")]
    [InlineData("offset", "-1", "offset [-1]")]
    [InlineData("round_decimal", "3", "round_decimal")]
    [InlineData("metric_type", "IP", "[expected=L2][actual=IP]")]
    [InlineData("params", "{bad", "{bad")]
    [InlineData("params", """{"radius": 1}""", "radius")]
    [InlineData("group_by_field", "author", "group_by_field")]
    [InlineData("ignore_growing", "True", "ignore_growing")]
    [InlineData("group_by_field", "", null)]
    [InlineData("ignore_growing", "false", null)]
    [InlineData("params", """{"ef": 64, "nprobe": "16", "metric_type": "L2", "ignore_growing": false, "group_by_field": null}""", null)]
    public async Task Search_parameter_is_refused_unless_it_has_no_effect(string name, string value, string? reason)
    {
        await Milvus.CreateLoadedAsync();
        var status = (await Client.SearchAsync(Nearest([[1, 0]], more: (name, value)))).Status;
        if (reason is null)
        {
            Succeeded(status);
        }
        else
        {
            Refused(status, reason);
        }
    }

    [Theory]
    [InlineData("milvus.proto.milvus.MilvusService", "CalcDistance")]
    [InlineData("milvus.proto.milvus.ClientTelemetryService", "ClientHeartbeat")]
    public async Task Unknown_call_is_unimplemented(string service, string call)
    {
        var bytes = Marshallers.Create(body => body, body => body);
        var method = new Method<byte[], byte[]>(MethodType.Unary, service, call, bytes, bytes);
        var failure = await Should.ThrowAsync<RpcException>(async () => await Milvus.Invoker.AsyncUnaryCall(method, null, default, []));
        failure.StatusCode.ShouldBe(StatusCode.Unimplemented);
        failure.Status.Detail.ShouldContain($"{service}/{call}");
    }

    /// <summary>Adds a field that the message does not define.</summary>
    private static T WithUndefinedField<T>(T message, byte value)
        where T : IMessage<T>
    {
        message.MergeFrom(new byte[] { 0xB8, 0x3E, value }); // the tag of field 999, a varint
        return message;
    }
}
