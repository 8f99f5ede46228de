using Google.Protobuf;
using Grpc.Core;
using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Tests.Emulator;

public sealed class CollectionTests : EmulatorTest
{
    private static readonly FieldSchema Key = Field("id", DataType.Int64, isKey: true);

    [Fact]
    public async Task Server_reports_that_it_is_a_healthy_emulator()
    {
        var connected = await Client.ConnectAsync(new() { ClientInfo = new() { SdkType = "Python" } });
        connected.ServerInfo.BuildTags.ShouldBe(MilvusEmulator.Version);
        connected.Identifier.ShouldBeGreaterThan(0);
        (await Client.GetVersionAsync(new())).Version.ShouldContain("emulator");
        (await Client.CheckHealthAsync(new())).IsHealthy.ShouldBeTrue();
        (await Client.ListDatabasesAsync(new())).DbNames.ShouldBe(["default"]);
    }

    [Fact]
    public async Task Timestamps_increase_strictly()
    {
        var timestamps = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => (await Client.AllocTimestampAsync(new())).Timestamp));
        timestamps.Distinct().Count().ShouldBe(50);
        (await Client.AllocTimestampAsync(new())).Timestamp.ShouldBeGreaterThan(timestamps.Max());
    }

    [Fact]
    public async Task Collection_is_created_described_listed_and_dropped()
    {
        (await Client.HasCollectionAsync(Named)).Value.ShouldBeFalse();
        FieldSchema[] fields = [Key, Vector("v", 4), Field("t", DataType.VarChar, maxLength: 10)];
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, fields, dynamic: true)));

        (await Client.HasCollectionAsync(Named)).Value.ShouldBeTrue();
        var described = await Client.DescribeCollectionAsync(new() { CollectionName = Collection });
        described.Schema.Fields.Select(field => (field.FieldID, field.Name)).ShouldBe([(100, "id"), (101, "v"), (102, "t")]);
        described.Schema.EnableDynamicField.ShouldBeTrue();
        var listed = await Client.ShowCollectionsAsync(new());
        listed.CollectionNames.ShouldBe([Collection]);
        listed.CollectionIds.ShouldBe([described.CollectionID]);

        Succeeded(await Client.DropCollectionAsync(Named));
        (await Client.HasCollectionAsync(Named)).Value.ShouldBeFalse();
        Succeeded(await Client.DropCollectionAsync(Named)); // dropping a missing collection is no error
    }

    [Fact]
    public async Task Creating_a_collection_again_fails_only_with_another_schema()
    {
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 4)])));
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 4)])));
        Refused(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 8)])), "different parameters");
    }

    [Theory]
    [InlineData("")]
    [InlineData("1a")]
    [InlineData("a-b")]
    public async Task Invalid_collection_name_is_refused_by_every_call(string name)
    {
        Status[] statuses =
        [
            await Client.CreateCollectionAsync(Create(name, [Key, Vector("v", 4)])),
            (await Client.HasCollectionAsync(new() { CollectionName = name })).Status,
            (await Client.DescribeCollectionAsync(new() { CollectionName = name })).Status,
            (await Client.SearchAsync(new() { CollectionName = name })).Status,
        ];
        statuses.ShouldAllBe(status => status.Code == 1100 && status.ErrorCode == ErrorCode.IllegalArgument && status.Reason.Contains($"\"{name}\""));
    }

    private static readonly (string Reason, FieldSchema[] Fields)[] InvalidSchemas =
    [
        ("primary key", [Field("id", DataType.Int64), Vector("v", 4)]),
        ("id, id2", [Key, Field("id2", DataType.Int64, isKey: true), Vector("v", 4)]),
        ("Int64 or VarChar", [Field("id", DataType.Float, isKey: true), Vector("v", 4)]),
        ("duplicated field", [Key, Vector("v", 4), Field("v", DataType.Int64)]),
        ("dim", [Key, Field("v", DataType.FloatVector)]),
        ("dimension: 0", [Key, Vector("v", 0)]),
        ("dimension: x", [Key, Vector("v", "x")]),
        ("vector field", [Key]),
        ("v, w", [Key, Vector("v", 4), Vector("w", 4)]),
        ("max_length", [Key, Vector("v", 4), Field("t", DataType.VarChar)]),
        ("autoID", [Key, Vector("v", 4), Field("n", DataType.Int64, automatic: true)]),
        ("\"1v\"", [Key, Vector("1v", 4)]),
        ("fields of type Array: field a", [Key, Vector("v", 4), Field("a", DataType.Array)]),
        ("default_value", [Key, Vector("v", 4), new() { Name = "n", DataType = DataType.Int64, DefaultValue = ByteString.CopyFrom(24, 5) }]),
        ("nullable", [Key, Vector("v", 4), new() { Name = "n", DataType = DataType.Int64, Nullable = true }]),
        ("is_partition_key", [Key, Vector("v", 4), new() { Name = "n", DataType = DataType.Int64, IsPartitionKey = true }]),
    ];

    [Fact]
    public async Task Invalid_or_unsupported_schema_is_refused()
    {
        foreach (var (reason, fields) in InvalidSchemas)
        {
            Refused(await Client.CreateCollectionAsync(Create(Collection, fields)), reason);
        }

        (await Client.HasCollectionAsync(Named)).Value.ShouldBeFalse();
    }

    [Fact]
    public async Task Calls_on_a_missing_collection_fail_with_its_error_code()
    {
        Status[] statuses =
        [
            await Client.LoadCollectionAsync(Named),
            (await Client.GetLoadingProgressAsync(new() { CollectionName = Collection })).Status,
            (await Client.DescribeCollectionAsync(new() { CollectionName = Collection })).Status,
            await Client.CreateIndexAsync(Index("v")),
            (await Client.DescribeIndexAsync(OfIndex())).Status,
            (await Client.InsertAsync(Rows(Ids(1)))).Status,
            (await Client.DeleteAsync(Delete("id in [1]"))).Status,
            (await Client.SearchAsync(Nearest([[1, 2]]))).Status,
            (await Client.QueryAsync(Where("id > 0"))).Status,
            (await Client.FlushAsync(new() { CollectionNames = { Collection } })).Status,
        ];
        statuses.ShouldAllBe(status => status.Code == 100 && status.Reason.Contains("collection not found[database=default][collection=books]"));
        (await Client.GetLoadStateAsync(new() { CollectionName = Collection })).State.ShouldBe(LoadState.NotExist);
    }

    [Fact]
    public async Task Only_the_default_database_exists()
    {
        var metadata = new Metadata { { "dbname", "other" } };
        (await Client.HasCollectionAsync(new() { DbName = "other", CollectionName = Collection })).Value.ShouldBeFalse();
        (await Client.ShowCollectionsAsync(new() { DbName = "other" })).Status.Code.ShouldBe(800);
        (await Client.ShowCollectionsAsync(new(), metadata)).Status.Code.ShouldBe(800);
        (await Client.ShowCollectionsAsync(new() { DbName = "default" }, metadata)).Status.Code.ShouldBe(0);
    }
}
