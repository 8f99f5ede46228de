using Grpc.Core;
using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

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
    public async Task Only_the_default_database_exists()
    {
        (await Client.HasCollectionAsync(new() { DbName = "other", CollectionName = Collection })).Value.ShouldBeFalse();
        (await Client.ShowCollectionsAsync(new() { DbName = "other" })).Status.Code.ShouldBe(800);
        (await Client.ShowCollectionsAsync(new(), new Metadata { { "dbname", "other" } })).Status.Code.ShouldBe(800);
    }
}
