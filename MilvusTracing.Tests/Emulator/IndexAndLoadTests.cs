using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

public sealed class IndexAndLoadTests : EmulatorTest
{
    [Fact]
    public async Task An_index_is_there_at_once_and_described_as_it_was_asked_for()
    {
        await CreateAsync();
        (await Client.DescribeIndexAsync(OfIndex())).Status.Reason.ShouldBe("index not found[collection=books]");

        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "HNSW"), ("metric_type", "COSINE"), ("params", """{"M":8,"efConstruction":64}"""))));

        var index = (await Client.DescribeIndexAsync(OfIndex())).IndexDescriptions.ShouldHaveSingleItem();
        (index.IndexName, index.FieldName, index.State).ShouldBe(("v", "v", IndexState.Finished));
        index.Params.Select(parameter => parameter.Value).ShouldBe(["HNSW", "COSINE", """{"M":8,"efConstruction":64}"""]);
        (await Client.GetIndexStateAsync(OfIndex("v"))).State.ShouldBe(IndexState.Finished);
        Succeeded((await Client.GetIndexBuildProgressAsync(OfIndex("v"))).Status);

        Succeeded(await Client.DropIndexAsync(OfIndex("v")));
        (await Client.DescribeIndexAsync(OfIndex(index: "v"))).Status.Code.ShouldBe(700);
    }

    [Theory]
    [InlineData("nope", "FLAT", "L2", "{}", "cannot create index on non-exist field: nope")]
    [InlineData("v", "NOPE", "L2", "{}", "invalid index type: NOPE")]
    [InlineData("v", "FLAT", "HAMMING", "{}", "metric type not found or not supported, supported: [L2 IP COSINE]")]
    [InlineData("v", "FLAT", "ip", "{}", "metric type not found or not supported, supported: [L2 IP COSINE]")]
    [InlineData("v", "IVF_PQ", "L2", """{"nlist":8}""", "parameter `m` not found")]
    [InlineData("v", "IVF_PQ", "L2", """{"nlist":8,"m":0}""", "invalid `m`: 0")]
    [InlineData("v", "IVF_PQ", "L2", """{"nlist":8,"m":3}""", "dimension must be able to be divided by `m`, dimension: 2, m: 3")]
    [InlineData("n", "INVERTED", "", "{}", "index type not match: invalid parameter[expected=STL_SORT][actual=INVERTED]")]
    [InlineData("t", "STL_SORT", "", "{}", "index type not match: invalid parameter[expected=Trie][actual=STL_SORT]")]
    [InlineData("b", "STL_SORT", "", "{}", "create index on Bool field is not supported: invalid parameter[expected=supported field][actual=create index on Bool field]")]
    [InlineData("v", "HNSW", "L2", "null", "efConstruction out of range: [1, 2147483647]")]
    [InlineData("v", "IVF_FLAT", "L2", "{}", "nlist out of range: [1, 65536]")]
    [InlineData("v", "HNSW", "L2", """{"M":8}""", "efConstruction out of range: [1, 2147483647]")]
    public async Task An_index_that_cannot_be_is_refused(string field, string type, string metric, string parameters, string reason)
    {
        await CreateAsync(Field("n", DataType.Int8), Field("t", DataType.VarChar, maxLength: 8), Field("b", DataType.Bool));
        (await Client.CreateIndexAsync(Index(field, ("index_type", type), ("metric_type", metric), ("params", parameters)))).Reason.ShouldBe(reason);
    }

    [Fact]
    public async Task A_field_has_one_index()
    {
        await CreateAsync();
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "L2"))));
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "L2"))));
        (await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "IP")))).Reason
            .ShouldBe("CreateIndex failed: at most one distinct index is allowed per field");
    }

    [Fact]
    public async Task Only_what_has_an_index_can_be_loaded_and_only_what_is_loaded_can_be_read()
    {
        await CreateAsync();
        (await Client.LoadCollectionAsync(Named)).Reason.ShouldBe("index not found[collection=books]");
        Succeeded(await Client.CreateIndexAsync(Index("v", ("metric_type", "L2"))));
        var id = (await Client.DescribeCollectionAsync(new() { CollectionName = Collection })).CollectionID;
        var state = new GetLoadStateRequest { CollectionName = Collection };

        (await Client.GetLoadStateAsync(state)).State.ShouldBe(LoadState.NotLoad);
        (await Client.GetLoadingProgressAsync(state)).Status.Reason.ShouldBe($"collection not loaded[collection={id}]");
        var unloaded = (await Client.SearchAsync(Nearest([[1, 2]]))).Status;
        (unloaded.Code, unloaded.Reason).ShouldBe((101, $"failed to search: collection not loaded[collection={id}]"));
        (await Client.QueryAsync(Where("id > 0"))).Status.Reason.ShouldBe($"failed to query: collection not loaded[collection={id}]");
        (await Client.DeleteAsync(Delete("v == 1 or id > 2"))).Status.Code.ShouldBe(65535);
        (await Client.DeleteAsync(Delete("id > 2"))).Status.Reason.ShouldBe($"collection not loaded[collection={id}]");

        Succeeded(await Client.LoadCollectionAsync(Named));
        (await Client.GetLoadStateAsync(state)).State.ShouldBe(LoadState.Loaded);
        (await Client.GetLoadingProgressAsync(state)).Progress.ShouldBe(100);
        (await Client.ShowCollectionsAsync(new() { Type = ShowType.InMemory })).InMemoryPercentages.ShouldBe([100]);
        Succeeded((await Client.SearchAsync(Nearest([[1, 2]]))).Status);
        (await Client.DropIndexAsync(OfIndex("v"))).Reason.ShouldBe("index cannot be dropped, collection is loaded, please release it first");

        Succeeded(await Client.ReleaseCollectionAsync(Named));
        (await Client.SearchAsync(Nearest([[1, 2]]))).Status.Code.ShouldBe(101);
    }

    [Fact]
    public async Task Partitions_hold_and_load_their_own_rows()
    {
        await CreateAsync();
        Succeeded(await Client.CreateIndexAsync(Index("v", ("metric_type", "L2"))));
        Succeeded(await Client.CreatePartitionAsync(InPartition("old")));
        Succeeded(await Client.CreatePartitionAsync(InPartition("old")));
        (await Client.HasPartitionAsync(InPartition("old"))).Value.ShouldBeTrue();
        (await Client.HasPartitionAsync(InPartition("new"))).Value.ShouldBeFalse();
        (await Client.ShowPartitionsAsync(new() { CollectionName = Collection })).PartitionNames.ShouldBe(["_default", "old"]);

        var inOld = Rows(Ids(1), Vectors([0, 1]));
        inOld.PartitionName = "old";
        Succeeded((await Client.InsertAsync(inOld)).Status);
        await Milvus.InsertAsync(Ids(2), Vectors([0, 2]));
        (await Milvus.FlushedAsync()).ShouldBe("2");
        (await Client.GetPartitionStatisticsAsync(InPartition("old"))).Stats.Single().Value.ShouldBe("1");

        Succeeded(await Client.LoadPartitionsAsync(InPartitions("old")));
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([1]);
        (await Client.QueryAsync(Where("id > 0", partitions: ["_default"]))).Status.Reason.ShouldContain("partition not loaded");
        (await Client.QueryAsync(Where("id > 0", partitions: ["new"]))).Status.Reason.ShouldBe("partition name new not found");

        Succeeded(await Client.LoadCollectionAsync(Named));
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([1, 2]);
        (await Milvus.IdsWhereAsync("id > 0", "_default")).ShouldBe([2]);
        (await Client.DropPartitionAsync(InPartition("old"))).Reason.ShouldBe("partition cannot be dropped, partition is loaded, please release it first");

        Succeeded(await Client.ReleasePartitionsAsync(InPartitions("old")));
        Succeeded(await Client.DropPartitionAsync(InPartition("old")));
        Succeeded(await Client.LoadCollectionAsync(Named));
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([2]);
    }

    [Fact]
    public async Task Of_a_parameter_that_comes_twice_the_last_one_counts()
    {
        await CreateAsync();
        (await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "L2"), ("index_type", "HNSW")))).Reason
            .ShouldBe("efConstruction out of range: [1, 2147483647]");
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "L2"), ("metric_type", "IP"))));
    }

    [Theory]
    [InlineData("n", "STL_SORT")]
    [InlineData("t", "Trie")]
    [InlineData("t", "marisa-trie")]
    public async Task A_scalar_field_has_the_index_of_its_type(string field, string type)
    {
        await CreateAsync(Field("n", DataType.Int8), Field("t", DataType.VarChar, maxLength: 8));
        Succeeded(await Client.CreateIndexAsync(Index(field, ("index_type", type))));
        (await Client.DescribeIndexAsync(OfIndex())).IndexDescriptions.Single().Params.Single().Value.ShouldBe(type);
    }

    private async Task CreateAsync(params FieldSchema[] more) =>
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Field("id", DataType.Int64, isKey: true), Vector("v", 2), .. more])));
}
