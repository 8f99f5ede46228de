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
        var connected = await Client.ConnectAsync(new() { ClientInfo = new() { SdkType = "Python", Reserved = { ["client_id"] = "1" } } });
        connected.ServerInfo.BuildTags.ShouldBe(MilvusEmulator.Version);
        connected.Identifier.ShouldBeGreaterThan(0);
        (await Client.GetVersionAsync(new())).Version.ShouldContain("emulator");
        (await Client.CheckHealthAsync(new())).IsHealthy.ShouldBeTrue();
        (await Client.ListDatabasesAsync(new())).DbNames.ShouldBe(["default"]);
    }

    [Fact]
    public async Task Collection_is_created_described_listed_and_dropped()
    {
        (await Client.HasCollectionAsync(Named)).Value.ShouldBeFalse();
        FieldSchema[] fields = [Key, Vector("v", 4), Field("t", DataType.VarChar, maxLength: 10)];
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, fields, dynamic: true)));
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, fields, dynamic: true)));
        Refused(await Client.CreateCollectionAsync(Create(Collection, fields)), "different parameters");

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
    public async Task Index_is_finished_at_once_and_described_as_requested()
    {
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 2)])));
        (await Client.DescribeIndexAsync(OfIndex())).Status.Code.ShouldBe(700);

        const string parameters = """{"M":8,"efConstruction":64}""";
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "HNSW"), ("metric_type", "COSINE"), ("params", parameters))));
        Refused(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "IP"))), "at most one distinct index");

        var index = (await Client.DescribeIndexAsync(OfIndex())).IndexDescriptions.ShouldHaveSingleItem();
        (index.IndexName, index.FieldName, index.State).ShouldBe(("v", "v", IndexState.Finished));
        index.Params.Select(parameter => parameter.Value).ShouldBe(["HNSW", "COSINE", parameters]);
        (await Client.GetIndexStateAsync(OfIndex("v"))).State.ShouldBe(IndexState.Finished);
        Succeeded((await Client.GetIndexBuildProgressAsync(OfIndex("v"))).Status);

        Succeeded(await Client.DropIndexAsync(OfIndex("v")));
        (await Client.DescribeIndexAsync(OfIndex(index: "v"))).Status.Code.ShouldBe(700);
    }

    [Fact]
    public async Task Loading_needs_an_index_and_reading_needs_loading()
    {
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Key, Vector("v", 2), Field("n", DataType.Int8)])));
        Succeeded(await Client.CreateIndexAsync(Index("n", ("index_type", "STL_SORT"))));
        (await Client.LoadCollectionAsync(Named)).Code.ShouldBe(700);
        Succeeded(await Client.CreateIndexAsync(Index("v", ("metric_type", "L2"))));
        var state = new GetLoadStateRequest { CollectionName = Collection };

        (await Client.GetLoadStateAsync(state)).State.ShouldBe(LoadState.NotLoad);
        (await Client.GetLoadingProgressAsync(state)).Status.Code.ShouldBe(101);
        (await Client.SearchAsync(Nearest([[1, 2]]))).Status.Code.ShouldBe(101);
        (await Client.QueryAsync(Where("id > 0"))).Status.Code.ShouldBe(101);
        (await Client.DeleteAsync(Delete("id > 2"))).Status.Code.ShouldBe(101);
        Succeeded((await Client.DeleteAsync(Delete("id in [2]"))).Status);

        Succeeded(await Client.LoadCollectionAsync(new() { CollectionName = Collection, Refresh = true, LoadParams = { ["load_priority"] = "high" } }));
        (await Client.GetLoadStateAsync(state)).State.ShouldBe(LoadState.Loaded);
        (await Client.GetLoadingProgressAsync(state)).Progress.ShouldBe(100);
        (await Client.ShowCollectionsAsync(new() { Type = ShowType.InMemory })).InMemoryPercentages.ShouldBe([100]);
        Succeeded((await Client.SearchAsync(Nearest([[1, 2]]))).Status);
        Refused(await Client.DropIndexAsync(OfIndex("v")), "release it first");

        Succeeded(await Client.ReleaseCollectionAsync(Named));
        (await Client.SearchAsync(Nearest([[1, 2]]))).Status.Code.ShouldBe(101);
    }

    [Fact]
    public async Task Calls_on_a_missing_collection_fail_with_its_error_code()
    {
        Status[] statuses =
        [
            await Client.LoadCollectionAsync(Named),
            await Client.CreateIndexAsync(Index("v")),
            (await Client.InsertAsync(Rows(Ids(1)))).Status,
            (await Client.SearchAsync(Nearest([[1, 2]]))).Status,
            (await Client.QueryAsync(Where("id > 0"))).Status,
        ];
        statuses.ShouldAllBe(status => status.Code == 100 && status.Reason.Contains("collection not found[database=default][collection=books]"));
        (await Client.GetLoadStateAsync(new() { CollectionName = Collection })).State.ShouldBe(LoadState.NotExist);
    }

    [Fact]
    public async Task Only_the_default_database_exists()
    {
        (await Client.HasCollectionAsync(new() { DbName = "other", CollectionName = Collection })).Value.ShouldBeFalse();
        (await Client.ShowCollectionsAsync(new() { DbName = "other" })).Status.Code.ShouldBe(800);
        (await Client.ShowCollectionsAsync(new(), new Metadata { { "dbname", "other" } })).Status.Code.ShouldBe(800);
    }
}
