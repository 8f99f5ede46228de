using Google.Protobuf;
using Grpc.Core;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>What Milvus supports and the emulator does not: the reason names it, and nothing is stored.</summary>
public sealed class RefusalTests : EmulatorTest
{
    private const int UndefinedField = 999;

    private static readonly FieldSchema Key = Field("id", DataType.Int64, isKey: true);
    private static readonly ByteString AnyMessage = ByteString.CopyFrom(8, 1);

    [Fact]
    public async Task Unsupported_schema_is_refused()
    {
        foreach (var (reason, field) in new[]
        {
            ("fields of type Array: field n", new FieldSchema { DataType = DataType.Array }),
            ("default_value", new() { DataType = DataType.Int64, DefaultValue = ByteString.CopyFrom(24, 5) }),
            ("nullable", new() { DataType = DataType.Int64, Nullable = true }),
            ("is_partition_key", new() { DataType = DataType.Int64, IsPartitionKey = true }),
        })
        {
            field.Name = "n";
            Refused(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 4), field])), reason);
        }

        Refused(await Client.CreateCollectionAsync(Create(Collection, [Key])), "vector field");
        var schema = new CollectionSchema { Name = Collection, Fields = { Key, Vector("v", 4) }, StructArrayFields = { AnyMessage } };
        Refused(await Client.CreateCollectionAsync(new() { CollectionName = Collection, Schema = schema.ToByteString() }), "struct_array_fields");
        (await Client.ShowCollectionsAsync(new())).CollectionNames.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unsupported_request_is_refused()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1), Vectors([1, 1]));
        var insert = Rows(Ids(2), Vectors([1, 0]));
        insert.Namespace = "tenant";
        var delete = Delete("id in [1]");
        delete.ExprTemplateValues.Add(AnyMessage);
        var query = Where("id > 0");
        query.ExprTemplateValues.Add(AnyMessage);

        Refused((await Client.InsertAsync(insert)).Status, "namespace");
        Refused((await Client.InsertAsync(Rows(WithUndefinedField(Ids(2), 7), Vectors([1, 2])))).Status, $"field {UndefinedField} in FieldData");
        Refused((await Client.DeleteAsync(delete)).Status, "expr_template_values");
        Refused((await Client.QueryAsync(query)).Status, "expr_template_values");
        Refused((await Client.QueryAsync(Where("id > 0", parameters: ("ignore_growing", "True")))).Status, "ignore_growing");
        Refused((await Client.SearchAsync(WithUndefinedField(Nearest([[1, 0]]), 7))).Status, $"field {UndefinedField} in SearchRequest");
        Succeeded((await Client.SearchAsync(WithUndefinedField(Nearest([[1, 0]]), 0))).Status);
        Refused(await Client.LoadCollectionAsync(new() { CollectionName = Collection, LoadFields = { "id" } }), "load_fields");
        Succeeded(await Client.LoadCollectionAsync(new() { CollectionName = Collection, Refresh = true, LoadParams = { ["load_priority"] = "high" } }));
        Refused(await Client.CreateIndexAsync(Index("v", ("index_type", "IVF_PQ"), ("metric_type", "L2"))), "IVF_PQ");
        (await Milvus.CountAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData("round_decimal", "3", "round_decimal")]
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
    [InlineData("id >", "position 4")]
    [InlineData("id in (1, 2)", "'('")]
    [InlineData("id + 1 == 2", "'+'")]
    [InlineData("json_contains(j, 1)", "'('")]
    [InlineData("not id > 2", "constants")]
    [InlineData("t == 1", "field t of type VarChar cannot be compared with 1")]
    [InlineData("id > 1e400", "1e400 is out of range")]
    [InlineData("t == 'a\\qb'", "\\q")]
    [InlineData("1 <= id == 3", "range")]
    [InlineData("j == 1", "field j")]
    public async Task Invalid_or_unsupported_filter_is_refused_with_the_reason(string filter, string reason)
    {
        await Milvus.CreateLoadedAsync(more: [Field("t", DataType.VarChar, maxLength: 16), Field("j", DataType.Json)]);
        var queried = (await Client.QueryAsync(Where(filter))).Status;
        Refused(queried, reason);
        queried.Reason.ShouldStartWith($"cannot parse expression: {filter}, error: ");
        Refused((await Client.SearchAsync(Nearest([[1, 1]], filter: filter))).Status, queried.Reason);
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
