using Google.Protobuf;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>Requests of newer clients: features that the emulator does not support are refused, defaults are accepted.</summary>
public sealed class UnsupportedTests : EmulatorTest
{
    private const int BaseField = 1;
    private const int UndefinedField = 999;

    [Fact]
    public async Task Unsupported_field_is_refused_by_name()
    {
        await Milvus.CreateLoadedAsync();
        var bytes = ByteString.CopyFrom(8, 1);
        var insert = Rows(Ids(1), Vectors([1, 0]));
        insert.Namespace = "tenant";
        var upsert = Upsert(Rows(Ids(1), Vectors([1, 0])));
        upsert.PartialUpdate = true;
        var delete = Delete("id in [1]");
        delete.ExprTemplateValues.Add(bytes);
        var search = Nearest([[1, 0]]);
        search.FunctionScore = bytes;
        var query = Where("id > 0");
        query.ExprTemplateValues.Add(bytes);

        Refused((await Client.InsertAsync(insert)).Status, "namespace");
        Refused((await Client.UpsertAsync(upsert)).Status, "partial_update");
        Refused((await Client.DeleteAsync(delete)).Status, "expr_template_values");
        Refused((await Client.SearchAsync(search)).Status, "function_score");
        Refused((await Client.QueryAsync(query)).Status, "expr_template_values");
        Refused(await Client.LoadCollectionAsync(new() { CollectionName = Collection, LoadFields = { "id" } }), "load_fields");
        (await Milvus.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Unsupported_schema_is_refused_by_name()
    {
        FieldSchema[] fields = [Field("id", DataType.Int64, isKey: true), Vector("v", 2), Field("year", DataType.Int64)];
        fields[2].IsClusteringKey = true;
        Refused(await Client.CreateCollectionAsync(Create(Collection, fields)), "is_clustering_key");
        fields[2].IsClusteringKey = false;

        var schema = new CollectionSchema { Name = Collection, Fields = { fields }, StructArrayFields = { ByteString.CopyFrom(8, 1) } };
        Refused(await Client.CreateCollectionAsync(new() { CollectionName = Collection, Schema = schema.ToByteString() }), "struct_array_fields");
        (await Client.HasCollectionAsync(Named)).Value.ShouldBeFalse();
    }

    [Fact]
    public async Task Undefined_field_is_refused_by_number()
    {
        await Milvus.CreateLoadedAsync();
        Refused((await Client.SearchAsync(With(Nearest([[1, 0]]), UndefinedField, 7))).Status, $"field {UndefinedField} in SearchRequest");
        Refused(await Client.DropCollectionAsync(With(Named, UndefinedField, 7)), $"{UndefinedField}");

        var column = With(Ids(1), UndefinedField, 7);
        Refused((await Client.InsertAsync(Rows(column, Vectors([1, 0])))).Status, $"field {UndefinedField} in FieldData");
        (await Milvus.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Field_with_a_default_or_without_effect_is_accepted()
    {
        await Milvus.CreateLoadedAsync();
        var insert = Rows(Ids(1), Vectors([1, 0]));
        insert.SchemaTimestamp = 42;
        Succeeded((await Client.InsertAsync(With(insert, BaseField, 400))).Status);
        Succeeded((await Client.SearchAsync(With(Nearest([[1, 0]]), UndefinedField, 0))).Status);
        Succeeded(await Client.LoadCollectionAsync(new() { CollectionName = Collection, Refresh = true, LoadParams = { ["load_priority"] = "high" } }));
        Succeeded((await Client.ConnectAsync(new() { ClientInfo = new() { Reserved = { ["client_id"] = "1" } } })).Status);
        (await Milvus.CountAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData("group_by_field", "author")]
    [InlineData("group_size", "3")]
    [InlineData("strict_group_size", "true")]
    [InlineData("ignore_growing", "True")]
    [InlineData("search_iter_v2", "true")]
    [InlineData("params", """{"group_by_field": "author"}""")]
    [InlineData("params", """{"range_filter": 0}""")]
    public async Task Unsupported_search_parameter_is_refused_by_name(string name, string value)
    {
        await Milvus.CreateLoadedAsync();
        Refused((await Client.SearchAsync(Nearest([[1, 0]], more: (name, value)))).Status, name == "params" ? value.Split('"')[1] : name);
    }

    [Theory]
    [InlineData("group_by_field", "")]
    [InlineData("strict_group_size", "False")]
    [InlineData("ignore_growing", "false")]
    [InlineData("page_retain_order", "true")]
    [InlineData("params", """{"ef": 64, "nprobe": "16", "metric_type": "L2", "ignore_growing": false, "group_by_field": null}""")]
    public async Task Search_parameter_with_a_default_or_without_effect_is_accepted(string name, string value)
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1), Vectors([1, 0]));
        (await Client.SearchAsync(Nearest([[1, 0]], more: (name, value)))).Results.Ids.IntId.Data.ShouldBe([1]);
    }

    [Fact]
    public async Task Unsupported_query_parameter_is_refused_by_name()
    {
        await Milvus.CreateLoadedAsync();
        Refused((await Client.QueryAsync(Where("id > 0", parameters: ("ignore_growing", "True")))).Status, "ignore_growing");
        Succeeded((await Client.QueryAsync(Where("id > 0", parameters: [("ignore_growing", "False"), ("reduce_stop_for_best", "False")]))).Status);
    }

    /// <summary>Adds a field that the message does not define.</summary>
    private static T With<T>(T message, int field, int value)
        where T : IMessage<T>, new()
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            message.WriteTo(output);
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt32(value);
        }

        return new MessageParser<T>(() => new()).ParseFrom(bytes.ToArray());
    }
}
