using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace MilvusTracing.Tests.Hosting.Milvus;

public sealed class MilvusClientBuilderTests
{
    [Fact]
    public async Task An_executable_gets_Milvuss_address_and_token()
    {
        await using var model = await BuildAsync();

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["MILVUS_URI"].ShouldBe("http://localhost:39530");
        environment["MILVUS_TOKEN"].ShouldBe("root:secret");
        environment["ConnectionStrings__milvus"].ShouldBe("Endpoint=http://localhost:39530;Key=root:secret");
    }

    [Fact]
    public async Task A_container_gets_the_address_in_the_container_network()
    {
        await using var model = await AppHostModel.BuildAsync(
            change: builder => builder.AddContainer("search", "search").WithMilvusTracing(Milvus(builder)));

        (await model.ConfigurationOfAsync("search")).Environment["MILVUS_URI"].ShouldBe("http://milvus.dev.internal:19530");
    }

    [Fact]
    public async Task A_connection_string_sets_the_same_variables()
    {
        await using var model = await BuildAsync(new()
        {
            ["ConnectionStrings:milvus"] = "Endpoint=https://in01.example.zillizcloud.com:19530;Key=token;Database=shop",
        });

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["MILVUS_URI"].ShouldBe("https://in01.example.zillizcloud.com:19530");
        environment["MILVUS_TOKEN"].ShouldBe("token");
        environment["MILVUS_DATABASENAME"].ShouldBe("shop");
    }

    [Fact]
    public async Task A_connection_string_can_be_a_URL()
    {
        await using var model = await BuildAsync(new() { ["ConnectionStrings:milvus"] = "http://vectors:19530" });

        (await model.ConfigurationOfAsync("search")).Environment["MILVUS_URI"].ShouldBe("http://vectors:19530");
    }

    [Fact]
    public async Task A_malformed_connection_string_is_reported_without_its_value()
    {
        await using var model = await BuildAsync(new() { ["ConnectionStrings:milvus"] = "my-secret" });

        var failure = await Should.ThrowAsync<Exception>(() => model.ConfigurationOfAsync("search"));

        failure.GetBaseException().Message.ShouldContain("ConnectionStrings:milvus");
        failure.ToString().ShouldNotContain("my-secret");
    }

    [Fact]
    public async Task Its_traces_go_to_Jaeger()
    {
        await using var model = await BuildAsync();

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://localhost:24317");
        environment.Keys.ShouldContain("OTEL_SERVICE_NAME");
    }

    [Fact]
    public async Task It_waits_for_Milvus_and_Jaeger()
    {
        await using var model = await BuildAsync();

        model.WaitsFor("search").ShouldBe(["milvus", "jaeger"]);
    }

    [Fact]
    public async Task It_has_the_verify_command()
    {
        await using var model = await BuildAsync();

        model.Resource("search").Annotations.OfType<ResourceCommandAnnotation>().ShouldContain(command => command.Name == "verify-last-trace");
    }

    [Fact]
    public async Task An_exporter_that_it_already_has_is_kept()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
        {
            AppHostModel.AddDashboard(builder, "http");
            builder.AddExecutable("search", "python", ".").WithOtlpExporter(OtlpProtocol.HttpProtobuf).WithMilvusTracing(Milvus(builder));
        });

        (await model.ConfigurationOfAsync("search")).Environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("http/protobuf");
    }

    private static Task<AppHostModel> BuildAsync(Dictionary<string, string>? settings = null) => AppHostModel.BuildAsync(
        settings, builder => builder.AddExecutable("search", "python", ".").WithMilvusTracing(Milvus(builder)));

    private static IResourceBuilder<IResourceWithConnectionString> Milvus(IDistributedApplicationTestingBuilder builder) =>
        builder.CreateResourceBuilder(builder.Resources.OfType<IResourceWithConnectionString>().Single(resource => resource.Name == "milvus"));
}
