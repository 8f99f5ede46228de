using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Jaeger;

public sealed class JaegerBuilderTests
{
    [Fact]
    public void AddJaeger_adds_endpoints_and_can_fix_the_OTLP_port_for_senders_outside_the_application()
    {
        var jaeger = DistributedApplication.CreateBuilder().AddJaeger("jaeger", otlpGrpcPort: 14317);

        jaeger.Resource.Annotations.OfType<EndpointAnnotation>()
            .Select(endpoint => (endpoint.Name, endpoint.Port, endpoint.TargetPort, endpoint.Transport))
            .ShouldBe([("otlp-grpc", 14317, 4317, "http2"), ("otlp-http", null, 4318, "http"), ("ui", null, 16686, "http"), ("health", null, 13133, "http")]);
    }

    [Theory]
    [InlineData("/status", HealthStatus.Healthy)]
    [InlineData("/elsewhere", HealthStatus.Unhealthy)]
    public async Task Jaeger_is_healthy_when_its_status_endpoint_responds(string path, HealthStatus expected)
    {
        await using var status = await FakeHttpServer.StartAsync();
        status.Json(path, "{}");
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["jaeger/health"] = status.Port });

        (await model.HealthOfAsync("jaeger")).ShouldBe(expected);
    }

    [Fact]
    public async Task The_configuration_files_are_copied_into_the_container()
    {
        await using var model = await BuildAsync();
        var jaeger = model.Resource("jaeger2");
        var context = new ContainerFileSystemCallbackContext { Model = jaeger, Services = model.Services };
        var files = new Dictionary<string, string?>();
        foreach (var annotation in jaeger.Annotations.OfType<ContainerFileSystemCallbackAnnotation>())
        {
            var file = (ContainerFile)(await annotation.Callback(context, CancellationToken.None)).Single();
            files[$"{annotation.DestinationPath}/{file.Name}"] = file.Contents;
        }

        files["/etc/jaeger/jaeger.yaml"].ShouldNotBeNull().ShouldContain("jaeger_query");
        files["/etc/jaeger/dashboard.yaml"].ShouldNotBeNull().ShouldContain("otlp/dashboard");
    }

    [Fact]
    public async Task The_dashboard_lists_only_the_link_to_the_Jaeger_UI()
    {
        await using var model = await BuildAsync();
        var jaeger = (JaegerResource)model.Resource("jaeger2");
        List<ResourceUrlAnnotation> urls = [.. jaeger.GetEndpoints().Select(endpoint => new ResourceUrlAnnotation { Url = endpoint.Url, Endpoint = endpoint })];
        var context = new ResourceUrlsCallbackContext(model.Context, jaeger, urls);
        foreach (var callback in jaeger.Annotations.OfType<ResourceUrlsCallbackAnnotation>())
        {
            await callback.Callback(context);
        }

        var link = urls.Where(url => url.DisplayLocation == UrlDisplayLocation.SummaryAndDetails).ShouldHaveSingleItem();
        (link.DisplayText, link.Endpoint!.EndpointName).ShouldBe(("Jaeger UI", "ui"));
    }

    [Theory]
    [InlineData(true, "--config=/etc/jaeger/jaeger.yaml", "--config=/etc/jaeger/dashboard.yaml", "--config=/etc/jaeger/span-metrics.yaml")]
    [InlineData(false, "--config=/etc/jaeger/jaeger.yaml")]
    public async Task Jaeger_forwards_spans_and_their_metrics_if_there_is_a_dashboard(bool withDashboard, params string[] expected)
    {
        await using var model = await BuildAsync(jaeger => jaeger.WithSpanMetrics(), withDashboard);

        var (environment, args) = await model.ConfigurationOfAsync("jaeger2");

        args.ShouldBe(expected);
        environment.Keys.Any(name => name.StartsWith("DASHBOARD_")).ShouldBe(withDashboard);
    }

    [Theory]
    [InlineData("http", "0815")]
    [InlineData("https", "0815")]
    [InlineData("http", "")]
    public async Task Jaeger_forwards_spans_to_the_dashboard_with_its_API_key(string scheme, string key)
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["AppHost:OtlpApiKey"] = key }, builder => AppHostModel.AddDashboard(builder, scheme));

        var (environment, _) = await model.ConfigurationOfAsync("jaeger");

        environment["DASHBOARD_OTLP_ENDPOINT"].ShouldBe($"{scheme}://aspire-dashboard.dev.internal:19000");
        environment["DASHBOARD_OTLP_API_KEY"].ShouldBe(key);
    }

    [Fact]
    public async Task WithAppForwarding_sends_traces_to_Jaeger_and_the_rest_and_the_API_key_to_the_dashboard()
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["AppHost:OtlpApiKey"] = "0815" }, builder => AppHostModel.AddDashboard(builder, "http"));

        var (environment, _) = await model.ConfigurationOfAsync("milvus-client");

        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://localhost:24317");
        environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("grpc");
        environment["OTEL_EXPORTER_OTLP_TRACES_HEADERS"].ShouldNotContain("0815");
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"].ShouldBe("http://localhost:39000");
        environment["OTEL_EXPORTER_OTLP_HEADERS"].ShouldBe("x-otlp-api-key=0815");
        environment["OTEL_BSP_MAX_QUEUE_SIZE"].ShouldBe("32768");
        model.WaitsFor("milvus-client").ShouldContain("jaeger");
    }

    [Fact]
    public async Task WithAppForwarding_depends_on_the_resources_exporter_and_network()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
        {
            AppHostModel.AddDashboard(builder, "http");
            builder.AddExecutable("http", "python", ".").WithOtlpExporter(OtlpProtocol.HttpProtobuf).WithEnvironment("OTEL_BSP_MAX_QUEUE_SIZE", "100");
            builder.AddContainer("container", "gateway").WithOtlpExporter();
            builder.AddExecutable("none", "sleep", ".", "1");
        });

        var (http, _) = await model.ConfigurationOfAsync("http");
        var (container, _) = await model.ConfigurationOfAsync("container");
        var (none, _) = await model.ConfigurationOfAsync("none");

        http["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://localhost:24318/v1/traces");
        http["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("http/protobuf");
        http["OTEL_BSP_MAX_QUEUE_SIZE"].ShouldBe("100");
        container["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://jaeger.dev.internal:4317");
        none.ShouldBeEmpty();
        model.WaitsFor("none").ShouldBeEmpty();
    }

    [Fact]
    public async Task WithTailSampling_passes_the_policies_to_Jaeger()
    {
        await using var model = await BuildAsync(
            jaeger => jaeger.WithTailSampling(keep => keep.Errors().SlowerThan(TimeSpan.FromSeconds(1.5)).SampleOneIn(100).SampleOneIn(3)));

        var (_, args) = await model.ConfigurationOfAsync("jaeger2");

        args.ShouldContain("--config=/etc/jaeger/tail-sampling.yaml");
        args.ShouldContain(
            "--set=processors.tail_sampling.policies=[{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}, "
            + "{name: slow, type: latency, latency: {threshold_ms: 1500}}, "
            + "{name: share, type: probabilistic, probabilistic: {sampling_percentage: 33.33333333333}}]");
    }

    [Fact]
    public void Options_that_Jaeger_does_not_support_are_refused()
    {
        var (jaeger, policies) = (DistributedApplication.CreateBuilder().AddJaeger("jaeger"), new TailSamplingPolicies());

        Should.Throw<ArgumentException>(() => jaeger.WithTailSampling(_ => { }));
        Should.Throw<ArgumentOutOfRangeException>(() => policies.SampleOneIn(0));
        Should.Throw<ArgumentOutOfRangeException>(() => policies.SlowerThan(TimeSpan.FromMilliseconds(0.9)));
        Should.Throw<ArgumentOutOfRangeException>(() => policies.SlowerThan(TimeSpan.FromDays(30)));
        Should.Throw<ArgumentOutOfRangeException>(() => jaeger.WithDataVolume(timeToLive: TimeSpan.FromSeconds(59)));
    }

    [Fact]
    public async Task Traces_are_stored_in_a_volume_or_a_folder()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
        {
            builder.AddJaeger("named").WithDataVolume("traces", TimeSpan.FromDays(7));
            builder.AddJaeger("unnamed").WithDataVolume();
            builder.AddJaeger("folder").WithDataBindMount("/traces");
        });

        var (environment, args) = await model.ConfigurationOfAsync("named");

        args.ShouldContain("--config=/etc/jaeger/badger.yaml");
        environment["BADGER_TTL"].ShouldBe("10080m");
        Mount("named").ShouldBe((ContainerMountType.Volume, "traces", "/tmp"));
        Mount("unnamed").Source.ShouldNotBeNull().ShouldEndWith("-unnamed-data");
        Mount("folder").ShouldBe((ContainerMountType.BindMount, "/traces", "/tmp"));

        (ContainerMountType Type, string? Source, string Target) Mount(string name) =>
            model.Resource(name).Annotations.OfType<ContainerMountAnnotation>().Select(mount => (mount.Type, mount.Source, mount.Target)).Single();
    }

    private static Task<AppHostModel> BuildAsync(Action<IResourceBuilder<JaegerResource>>? change = null, bool withDashboard = true) => AppHostModel.BuildAsync(
        change: builder =>
        {
            if (withDashboard)
            {
                AppHostModel.AddDashboard(builder, "http");
            }

            var jaeger = builder.AddJaeger("jaeger2");
            change?.Invoke(jaeger);
        });
}
