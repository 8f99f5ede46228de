using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

public sealed class CollectionTests : EmulatorTest
{
    private static readonly FieldSchema Key = Field("id", DataType.Int64, isKey: true);

    [Fact]
    public async Task The_server_says_that_it_is_an_emulator_and_healthy()
    {
        var connected = await Client.ConnectAsync(new() { ClientInfo = new() { SdkType = "Python" } });
        connected.ServerInfo.BuildTags.ShouldBe(MilvusEmulator.Version);
        connected.Identifier.ShouldBeGreaterThan(0);
        (await Client.GetVersionAsync(new())).Version.ShouldContain("emulator");
        (await Client.CheckHealthAsync(new())).IsHealthy.ShouldBeTrue();
        (await Client.ListDatabasesAsync(new())).DbNames.ShouldBe(["default"]);
    }

    [Fact]
    public async Task Timestamps_only_grow()
    {
        var timestamps = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => (await Client.AllocTimestampAsync(new())).Timestamp));
        timestamps.Distinct().Count().ShouldBe(50);
        (await Client.AllocTimestampAsync(new())).Timestamp.ShouldBeGreaterThan(timestamps.Max());
    }

    [Fact]
    public async Task A_collection_is_created_described_listed_and_dropped()
    {
        (await Client.HasCollectionAsync(Named)).Value.ShouldBeFalse();
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 4), Field("t", DataType.VarChar, maxLength: 10)], dynamic: true)));

        (await Client.HasCollectionAsync(Named)).Value.ShouldBeTrue();
        var described = await Client.DescribeCollectionAsync(new() { CollectionName = Collection });
        described.Schema.Fields.Select(field => (field.FieldID, field.Name)).ShouldBe([(100, "id"), (101, "v"), (102, "t")]);
        described.Schema.EnableDynamicField.ShouldBeTrue();
        (await Client.DescribeCollectionAsync(new() { CollectionID = described.CollectionID })).CollectionName.ShouldBe(Collection);
        var shown = await Client.ShowCollectionsAsync(new());
        shown.CollectionNames.ShouldBe([Collection]);
        shown.CollectionIds.ShouldBe([described.CollectionID]);

        Succeeded(await Client.DropCollectionAsync(Named));
        (await Client.HasCollectionAsync(Named)).Value.ShouldBeFalse();
        Succeeded(await Client.DropCollectionAsync(Named)); // of what is not there is no error
    }

    [Fact]
    public async Task Creating_a_collection_again_is_an_error_only_where_it_is_another()
    {
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 4)])));
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 4)])));

        var refused = await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 8)]));
        refused.Code.ShouldBe(65535);
        refused.Reason.ShouldBe("create duplicate collection with different parameters, collection: books");
    }

    [Theory]
    [InlineData("", "collection name should not be empty: invalid parameter")]
    [InlineData("1a", "Invalid collection name: 1a. the first character of a collection name must be an underscore or letter: invalid parameter")]
    [InlineData("a-b", "Invalid collection name: a-b. collection name can only contain numbers, letters and underscores: invalid parameter")]
    public async Task A_name_that_no_collection_can_have_is_refused_everywhere(string name, string reason)
    {
        foreach (var status in new[]
        {
            await Client.CreateCollectionAsync(Create(name, [Key, Vector("v", 4)])),
            (await Client.HasCollectionAsync(new() { CollectionName = name })).Status,
            (await Client.DescribeCollectionAsync(new() { CollectionName = name })).Status,
            (await Client.SearchAsync(new() { CollectionName = name })).Status,
        })
        {
            (status.Code, status.ErrorCode, status.Reason).ShouldBe((1100, ErrorCode.IllegalArgument, reason));
        }
    }

    public static TheoryData<string, string> BadSchemas { get; } = new()
    {
        { "no key", "primary key is not specified" },
        { "two keys", "there are more than one primary key, field name = id, id2" },
        { "float key", "the data type of primary key should be Int64 or VarChar" },
        { "same name twice", "duplicated field name" },
        { "dimension missing", "dimension is not defined in field type params, check type param `dim` for vector field" },
        { "dimension 0", "invalid dimension: 0. should be in range 1 ~ 32768" },
        { "dimension x", "strconv.ParseInt: parsing \"x\": invalid syntax" },
        { "two vectors", "multiple vector fields is not supported, fields name: v, w" },
        { "text without length", "type param(max_length) should be specified for varChar field of collection books" },
        { "automatic text", "only primary field can speficy AutoID with true, field name = n" },
        { "bad field name", "Invalid field name: 1v. The first character of a field name must be an underscore or letter.: field name invalid[field=1v]" },
        { "array", "the emulator has no fields of type Array: field a" },
        { "65 fields", "maximum field's number should be limited to 64" },
        { "default value", "the emulator has no default values: field n" },
        { "nullable", "the emulator has no nullable fields: field n" },
    };

    [Theory]
    [MemberData(nameof(BadSchemas))]
    public async Task A_schema_that_no_collection_can_have_is_refused(string what, string reason)
    {
        FieldSchema[] fields = what switch
        {
            "no key" => [Field("id", DataType.Int64), Vector("v", 4)],
            "two keys" => [Key, Field("id2", DataType.Int64, isKey: true), Vector("v", 4)],
            "float key" => [Field("id", DataType.Float, isKey: true), Vector("v", 4)],
            "same name twice" => [Key, Vector("v", 4), Field("v", DataType.Int64)],
            "dimension missing" => [Key, Field("v", DataType.FloatVector)],
            "dimension 0" => [Key, Vector("v", 0)],
            "dimension x" => [Key, Vector("v", "x")],
            "two vectors" => [Key, Vector("v", 4), Vector("w", 4)],
            "text without length" => [Key, Vector("v", 4), Field("t", DataType.VarChar)],
            "automatic text" => [Key, Vector("v", 4), Field("n", DataType.Int64, automatic: true)],
            "bad field name" => [Key, Vector("1v", 4)],
            "65 fields" => [Key, Vector("v", 4), .. Enumerable.Range(0, 63).Select(i => Field($"f{i}", DataType.Int8))],
            "default value" => [Key, Vector("v", 4), new() { Name = "n", DataType = DataType.Int64, DefaultValue = Google.Protobuf.ByteString.CopyFrom(24, 5) }],
            "array" => [Key, Vector("v", 4), Field("a", DataType.Array)],
            _ => [Key, Vector("v", 4), new() { Name = "n", DataType = DataType.Int64, Nullable = true }],
        };

        (await Client.CreateCollectionAsync(Create(Collection, fields))).Reason.ShouldBe(reason);
        (await Client.HasCollectionAsync(Named)).Value.ShouldBeFalse();
    }

    [Fact]
    public async Task Every_call_on_an_unknown_collection_answers_as_Milvus_does()
    {
        const string reason = "collection not found[database=default][collection=books]";
        Status[] answers =
        [
            await Client.LoadCollectionAsync(Named),
            await Client.ReleaseCollectionAsync(Named),
            (await Client.GetCollectionStatisticsAsync(Named)).Status,
            (await Client.GetLoadingProgressAsync(new() { CollectionName = Collection })).Status,
            await Client.CreateIndexAsync(Index("v")),
            (await Client.DescribeIndexAsync(OfIndex())).Status,
            (await Client.GetIndexStateAsync(OfIndex())).Status,
            (await Client.GetIndexBuildProgressAsync(OfIndex())).Status,
            await Client.DropIndexAsync(OfIndex()),
            await Client.CreatePartitionAsync(InPartition("p")),
            (await Client.HasPartitionAsync(InPartition("p"))).Status,
            (await Client.ShowPartitionsAsync(new() { CollectionName = Collection })).Status,
            (await Client.InsertAsync(Rows(Ids(1)))).Status,
            (await Client.UpsertAsync(Rows(Ids(1)))).Status,
            (await Client.SearchAsync(Nearest([[1, 2]]))).Status,
            (await Client.QueryAsync(Where("id > 0"))).Status,
            (await Client.FlushAsync(new() { CollectionNames = { Collection } })).Status,
        ];
        answers.ShouldAllBe(status => status.Code == 100 && status.ErrorCode == ErrorCode.CollectionNotExists && status.Reason == reason);

        (await Client.DeleteAsync(Delete("id in [1]"))).Status.Reason.ShouldBe("Failed to get collection id: " + reason);
        (await Client.DescribeCollectionAsync(new() { CollectionName = Collection })).Status.Reason.ShouldBe("can't find collection " + reason);
        (await Client.GetLoadStateAsync(new() { CollectionName = Collection })).State.ShouldBe(LoadState.NotExist);
    }

    [Fact]
    public async Task A_database_that_is_not_the_default_one_is_unknown()
    {
        (await Client.ShowCollectionsAsync(new() { DbName = "other" })).Status.Reason.ShouldBe("database not found[database=other]");
        (await Client.HasCollectionAsync(new() { DbName = "other", CollectionName = Collection })).Value.ShouldBeFalse();
        (await Client.ShowCollectionsAsync(new(), new Grpc.Core.Metadata { { "dbname", "other" } })).Status.Reason.ShouldBe("database not found[database=other]");
        (await Client.ShowCollectionsAsync(new() { DbName = "default" }, new Grpc.Core.Metadata { { "dbname", "other" } })).Status.Code.ShouldBe(0);
    }
}
