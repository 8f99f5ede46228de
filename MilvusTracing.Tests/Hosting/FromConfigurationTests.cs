using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Milvus;

namespace MilvusTracing.Tests.Hosting;

public sealed class FromConfigurationTests
{
    [Fact]
    public async Task Configuration_chooses_image_and_volume()
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Milvus:ImageTag"] = "v2.6.1", ["Milvus:DataVolume"] = "vectors" });

        var milvus = model.Resource("milvus");

        milvus.Annotations.OfType<ContainerImageAnnotation>().Single().Tag.ShouldBe("v2.6.1");
        var volume = milvus.Annotations.OfType<ContainerMountAnnotation>().Single();
        (volume.Type, volume.Source, volume.Target).ShouldBe((ContainerMountType.Volume, "vectors", "/var/lib/milvus"));
    }

    [Fact]
    public async Task A_connection_string_takes_the_containers_place()
    {
        const string Zilliz = "Endpoint=https://in01.example.zillizcloud.com:19530;Key=token";
        await using var model = await AppHostModel.BuildAsync(new() { ["ConnectionStrings:milvus"] = Zilliz });

        model.Resources.ShouldNotContain(resource => resource is MilvusServerResource);
        var (environment, _) = await model.ConfigurationOfAsync("milvus-client");
        environment["ConnectionStrings__milvus"].ShouldBe(Zilliz);
        model.WaitsFor("milvus-client").ShouldContain("jaeger");
    }

    [Theory]
    [InlineData("true", typeof(MilvusEmulatorResource))]
    [InlineData("false", typeof(MilvusServerResource))]
    [InlineData("", typeof(MilvusServerResource))]
    public async Task The_emulator_is_chosen_by_a_setting(string setting, Type expected)
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Milvus:Emulator"] = setting });

        model.Resource("milvus").ShouldBeOfType(expected);
    }

    [Fact]
    public async Task A_setting_that_is_neither_true_nor_false_is_refused_in_a_sentence() =>
        (await Should.ThrowAsync<Exception>(AppHostModel.BuildAsync(new() { ["Milvus:Emulator"] = "maybe" })))
            .Message.ShouldContain("Milvus:Emulator is maybe; expected true or false.");
}
