using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace MilvusTracing.Tests.Hosting.Milvus;

public sealed class MilvusClientBuilderTests
{
    [Fact]
    public async Task An_executable_gets_Milvuss_address_sends_traces_to_Jaeger_and_has_the_verify_command()
    {
        await using var model = await BuildAsync();

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["MILVUS_URI"].ShouldBe("http://localhost:39530");
        environment["MILVUS_TOKEN"].ShouldBe("root:secret");
        environment["ConnectionStrings__milvus"].ShouldBe("Endpoint=http://localhost:39530;Key=root:secret");
        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://localhost:24317");
        environment.Keys.ShouldContain("OTEL_SERVICE_NAME");
        model.WaitsFor("search").ShouldBe(["milvus", "jaeger"]);
        model.Resource("search").Annotations.OfType<ResourceCommandAnnotation>().ShouldContain(command => command.Name == "verify-last-trace");
    }

    [Fact]
    public async Task A_container_gets_the_address_in_the_container_network()
    {
        await using var model = await AppHostModel.BuildAsync(
            change: builder => builder.AddContainer("search", "search").WithMilvusTracing(Milvus(builder)));

        (await model.ConfigurationOfAsync("search")).Environment["MILVUS_URI"].ShouldBe("http://milvus.dev.internal:19530");
    }

    [Theory]
    [InlineData("Endpoint=https://in01.example.zillizcloud.com:19530;Key=token;Database=shop", "https://in01.example.zillizcloud.com:19530", "token", "shop")]
    [InlineData("http://vectors:19530", "http://vectors:19530", null, null)]
    public async Task A_connection_string_sets_the_same_variables(string milvus, string uri, string? token, string? database)
    {
        await using var model = await BuildAsync(new() { ["ConnectionStrings:milvus"] = milvus });

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["MILVUS_URI"].ShouldBe(uri);
        environment.GetValueOrDefault("MILVUS_TOKEN").ShouldBe(token);
        environment.GetValueOrDefault("MILVUS_DATABASENAME").ShouldBe(database);
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
