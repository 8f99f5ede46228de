using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting;

public sealed class AddJaegerTests
{
    private const string JaegerConfig = "--config=/etc/jaeger/jaeger.yaml";
    private const string DashboardConfig = "--config=/etc/jaeger/dashboard.yaml";
    private const string SpanMetricsConfig = "--config=/etc/jaeger/span-metrics.yaml";

    [Fact]
    public async Task It_is_the_pinned_Jaeger_v2()
    {
        await using var model = await AppHostModel.BuildAsync();

        var image = model.Resource("jaeger").Annotations.OfType<ContainerImageAnnotation>().Single();

        $"{image.Registry}/{image.Image}:{image.Tag}".ShouldBe("docker.io/jaegertracing/jaeger:2.13.0");
    }

    [Theory]
    [InlineData("otlp-grpc", 4317, "http2")]
    [InlineData("otlp-http", 4318, "http")]
    [InlineData("ui", 16686, "http")]
    [InlineData("health", 13133, "http")]
    public async Task It_has_the_endpoint(string name, int targetPort, string transport)
    {
        await using var model = await AppHostModel.BuildAsync();

        var endpoint = model.Resource("jaeger").Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == name);

        (endpoint.TargetPort, endpoint.Transport, endpoint.UriScheme).ShouldBe((targetPort, transport, "http"));
    }

    [Fact]
    public async Task A_Milvus_outside_the_application_can_count_on_its_OTLP_port()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.MilvusTracing_AppHost>();

        var jaeger = builder.AddJaeger("another", otlpGrpcPort: 14317);

        var endpoint = jaeger.Resource.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Port is not null);
        (endpoint.Name, endpoint.Port, endpoint.TargetPort).ShouldBe(("otlp-grpc", 14317, 4317));
    }

    [Theory]
    [InlineData("/status", HealthStatus.Healthy)]
    [InlineData("/elsewhere", HealthStatus.Unhealthy)]
    public async Task It_is_healthy_when_its_status_page_answers(string answeredPath, HealthStatus expected)
    {
        await using var status = await FakeHttpServer.StartAsync();
        status.Json(answeredPath, "{}");
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["jaeger/health"] = status.Port });

        (await model.HealthOfAsync("jaeger")).ShouldBe(expected);
    }

    [Fact]
    public async Task Its_configuration_travels_into_the_container_wherever_the_AppHost_is()
    {
        await using var model = await AppHostModel.BuildAsync();
        var files = new Dictionary<string, string?>();
        foreach (var annotation in model.Resource("jaeger").Annotations.OfType<ContainerFileSystemCallbackAnnotation>())
        {
            annotation.DestinationPath.ShouldBe("/etc/jaeger");
            var context = new ContainerFileSystemCallbackContext { Model = model.Resource("jaeger"), Services = model.Services };
            foreach (var file in (await annotation.Callback(context, CancellationToken.None)).Cast<ContainerFile>())
            {
                files[file.Name] = file.Contents;
            }
        }

        files["jaeger.yaml"].ShouldNotBeNull().ShouldContain("jaeger_query");
        files["dashboard.yaml"].ShouldNotBeNull().ShouldContain("otlp/dashboard");
    }

    [Fact]
    public async Task Without_a_dashboard_it_relays_nothing()
    {
        await using var model = await AppHostModel.BuildAsync();

        var (environment, args) = await model.ConfigurationOfAsync("jaeger");

        args.ShouldBe([JaegerConfig]);
        environment.Keys.ShouldNotContain(name => name.StartsWith("DASHBOARD_"));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task To_a_dashboard_it_relays_with_the_key(string scheme)
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["AppHost:OtlpApiKey"] = "0815" }, builder => AppHostModel.AddDashboard(builder, scheme));

        var (environment, args) = await model.ConfigurationOfAsync("jaeger");

        args.ShouldBe([JaegerConfig, DashboardConfig, SpanMetricsConfig]);
        environment["DASHBOARD_OTLP_ENDPOINT"].ShouldBe($"{scheme}://aspire-dashboard.dev.internal:19000");
        environment["DASHBOARD_OTLP_API_KEY"].ShouldBe("0815");
    }

    [Fact]
    public async Task A_dashboard_without_a_key_gets_an_empty_one()
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["AppHost:OtlpApiKey"] = "" }, builder => AppHostModel.AddDashboard(builder, "http"));

        var (environment, _) = await model.ConfigurationOfAsync("jaeger");

        environment["DASHBOARD_OTLP_API_KEY"].ShouldBeEmpty();
    }

    [Fact]
    public async Task The_dashboard_calls_its_pages_Jaeger_UI_and_keeps_its_other_addresses_to_the_details()
    {
        await using var model = await AppHostModel.BuildAsync();
        var jaeger = (JaegerResource)model.Resource("jaeger");

        var urls = new List<ResourceUrlAnnotation>();
        foreach (var endpoint in jaeger.GetEndpoints())
        {
            urls.Add(new ResourceUrlAnnotation { Url = endpoint.Url, Endpoint = endpoint });
        }

        var context = new ResourceUrlsCallbackContext(model.Context, jaeger, urls);
        foreach (var callback in jaeger.Annotations.OfType<ResourceUrlsCallbackAnnotation>())
        {
            await callback.Callback(context);
        }

        urls.Where(url => url.DisplayLocation == UrlDisplayLocation.SummaryAndDetails)
            .ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                url => url.DisplayText.ShouldBe("Jaeger UI"),
                url => url.Endpoint!.EndpointName.ShouldBe("ui"));
    }
}
