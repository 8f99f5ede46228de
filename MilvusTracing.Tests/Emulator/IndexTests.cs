using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

public sealed class IndexTests : EmulatorTest
{
    [Fact]
    public async Task Index_is_finished_at_once_and_described_as_requested()
    {
        await CreateAsync();
        (await Client.DescribeIndexAsync(OfIndex())).Status.Code.ShouldBe(700);

        const string parameters = """{"M":8,"efConstruction":64}""";
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "HNSW"), ("metric_type", "COSINE"), ("params", parameters))));

        var index = (await Client.DescribeIndexAsync(OfIndex())).IndexDescriptions.ShouldHaveSingleItem();
        (index.IndexName, index.FieldName, index.State).ShouldBe(("v", "v", IndexState.Finished));
        index.Params.Select(parameter => parameter.Value).ShouldBe(["HNSW", "COSINE", parameters]);
        (await Client.GetIndexStateAsync(OfIndex("v"))).State.ShouldBe(IndexState.Finished);
        Succeeded((await Client.GetIndexBuildProgressAsync(OfIndex("v"))).Status);

        Succeeded(await Client.DropIndexAsync(OfIndex("v")));
        (await Client.DescribeIndexAsync(OfIndex(index: "v"))).Status.Code.ShouldBe(700);
    }

    [Theory]
    [InlineData("nope", "FLAT", "L2", "nope")]
    [InlineData("v", "IVF_PQ", "L2", "IVF_PQ; it has AUTOINDEX, FLAT, HNSW, IVF_FLAT")]
    [InlineData("v", "FLAT", "HAMMING", "[L2 IP COSINE]")]
    public async Task Unsupported_index_is_refused(string field, string type, string metric, string reason)
    {
        await CreateAsync();
        Refused(await Client.CreateIndexAsync(Index(field, ("index_type", type), ("metric_type", metric))), reason);
    }

    [Fact]
    public async Task Field_has_at_most_one_index()
    {
        await CreateAsync();
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "L2"))));
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "L2"))));
        Refused(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "IP"))), "at most one distinct index");
    }

    [Fact]
    public async Task Loading_needs_an_index_and_reading_needs_loading()
    {
        await CreateAsync(Field("n", DataType.Int8));
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

        Succeeded(await Client.LoadCollectionAsync(Named));
        (await Client.GetLoadStateAsync(state)).State.ShouldBe(LoadState.Loaded);
        (await Client.GetLoadingProgressAsync(state)).Progress.ShouldBe(100);
        (await Client.ShowCollectionsAsync(new() { Type = ShowType.InMemory })).InMemoryPercentages.ShouldBe([100]);
        Succeeded((await Client.SearchAsync(Nearest([[1, 2]]))).Status);
        Refused(await Client.DropIndexAsync(OfIndex("v")), "release it first");

        Succeeded(await Client.ReleaseCollectionAsync(Named));
        (await Client.SearchAsync(Nearest([[1, 2]]))).Status.Code.ShouldBe(101);
    }

    [Fact]
    public async Task Last_of_several_parameters_with_one_name_counts()
    {
        await CreateAsync();
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "NOPE"), ("metric_type", "IP"))));
    }

    private async Task CreateAsync(params FieldSchema[] more) =>
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Field("id", DataType.Int64, isKey: true), Vector("v", 2), .. more])));
}
