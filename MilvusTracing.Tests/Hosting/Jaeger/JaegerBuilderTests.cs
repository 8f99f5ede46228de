using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Jaeger;

public sealed class JaegerBuilderTests
{
    private const string Dashboard = "otlp/dashboard";
    private const string SpanMetrics = "spanmetrics";
    private const string TailSampling = "tail_sampling";
    private const string Badger = "\"badger\"";

    private static readonly Dictionary<string, string> WithKey = new() { ["AppHost:OtlpApiKey"] = "0815" };

    [Fact]
    public void AddJaeger_can_fix_the_OTLP_port_for_senders_outside_the_application()
    {
        var jaeger = DistributedApplication.CreateBuilder().AddJaeger("jaeger", otlpGrpcPort: 14317);

        var endpoint = jaeger.Resource.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Port is not null);
        (endpoint.Name, endpoint.Port, endpoint.TargetPort, endpoint.Transport).ShouldBe(("otlp-grpc", 14317, 4317, "http2"));
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

    /// <summary>Compose replaces <c>$</c>, and Helm <c>{{</c>.</summary>
    [Fact]
    public async Task The_configuration_is_in_the_arguments_needs_no_variable_and_without_a_dashboard_forwards_nothing()
    {
        await using var model = await BuildAsync(
            jaeger => jaeger.WithSpanMetrics().WithDataVolume().WithTailSampling(keep => keep.Errors()), withDashboard: false);

        var args = (await model.ConfigurationOfAsync("jaeger2")).Args;

        args.ShouldContain(argument => argument.StartsWith("--config=yaml:{") && argument.Contains("\"0.0.0.0:4317\"") && argument.Contains("jaeger_query"));
        args.ShouldAllBe(argument => !argument.Contains('$') && !argument.Contains("{{") && !argument.Contains('\n') && !argument.Contains(Dashboard));
        model.Resource("jaeger2").Annotations.OfType<ContainerFileSystemCallbackAnnotation>().ShouldBeEmpty();
    }

    /// <summary>Compose and Kubernetes publishers set this variable for each resource with an OTLP exporter.</summary>
    [Fact]
    public async Task A_published_Jaeger_forwards_to_the_dashboard_of_its_publisher()
    {
        var builder = DistributedApplication.CreateBuilder(["--operation", "publish"]);
        var dashboard = builder.AddContainer("k8s-dashboard", "dashboard").WithHttpEndpoint(targetPort: 18889, name: "otlp-grpc");
        var jaeger = builder.AddJaeger("jaeger").WithAppForwarding();
        jaeger.Resource.HasAnnotationOfType<OtlpExporterAnnotation>().ShouldBeTrue();
        jaeger.WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", dashboard.GetEndpoint("otlp-grpc"));

        var context = new CommandLineArgsCallbackContext([], jaeger.Resource) { ExecutionContext = builder.ExecutionContext };
        foreach (var annotation in jaeger.Resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }

        context.Args.OfType<string>().ShouldContain(argument => argument.Contains(Dashboard));
        context.Args.OfType<string>().ShouldAllBe(argument => !argument.Contains('$') && !argument.Contains("{{"));
        context.Args.OfType<ReferenceExpression>().ShouldHaveSingleItem().ValueExpression
            .ShouldBe("--set=exporters.otlp/dashboard.endpoint={k8s-dashboard.bindings.otlp-grpc.url}");
    }

    [Fact]
    public void Jaeger_has_a_readiness_probe()
    {
        var probe = DistributedApplication.CreateBuilder().AddJaeger("jaeger").Resource.Annotations.OfType<EndpointProbeAnnotation>().ShouldHaveSingleItem();

        (probe.Type, probe.Path, probe.EndpointReference.EndpointName).ShouldBe((ProbeType.Readiness, "/status", "health"));
    }

    [Fact]
    public async Task A_reference_to_Jaeger_has_connection_properties()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
            builder.AddExecutable("search", "python", ".").WithReference(builder.AddJaeger("jaeger2")));

        var (environment, _) = await model.ConfigurationOfAsync("search");

        new[] { "HOST", "PORT", "URI", "URL" }.Select(name => environment[$"JAEGER2_{name}"])
            .ShouldBe(["localhost", "24317", "http://localhost:24317", "http://localhost:36686"]);
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
    [InlineData("http", "0815")]
    [InlineData("https", "0815")]
    [InlineData("http", "")]
    public async Task Jaeger_forwards_spans_to_the_dashboard_with_its_API_key(string scheme, string key)
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["AppHost:OtlpApiKey"] = key }, builder => AppHostModel.AddDashboard(builder, scheme));

        var (environment, args) = await model.ConfigurationOfAsync("jaeger");

        args.ShouldContain($"--set=exporters.otlp/dashboard.endpoint={scheme}://aspire-dashboard.dev.internal:19000");
        environment["DASHBOARD_OTLP_API_KEY"].ShouldBe(key);
    }

    [Fact]
    public async Task WithSpanMetrics_adds_its_configuration()
    {
        await using var without = await BuildAsync();
        await using var with = await BuildAsync(jaeger => jaeger.WithSpanMetrics().WithSpanMetrics());

        (await without.ConfigurationOfAsync("jaeger2")).Args.ShouldNotContain(argument => argument.Contains(SpanMetrics));
        (await with.ConfigurationOfAsync("jaeger2")).Args.Where(argument => argument.Contains(SpanMetrics)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task WithAppForwarding_sends_traces_to_Jaeger_and_the_rest_with_the_API_key_to_the_dashboard()
    {
        await using var model = await AppHostModel.BuildAsync(WithKey, builder => AppHostModel.AddDashboard(builder, "http"));

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
    public async Task WithAppForwarding_keeps_the_protocol_the_network_and_the_settings_of_a_resource()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
        {
            AppHostModel.AddDashboard(builder, "http");
            builder.AddExecutable("search", "python", ".").WithOtlpExporter(OtlpProtocol.HttpProtobuf).WithEnvironment("OTEL_BSP_MAX_QUEUE_SIZE", "100");
            builder.AddContainer("gateway", "gateway").WithOtlpExporter();
            builder.AddExecutable("quiet", "sleep", ".", "1");
        });

        var (search, _) = await model.ConfigurationOfAsync("search");
        search["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://localhost:24318/v1/traces");
        search["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("http/protobuf");
        search["OTEL_BSP_MAX_QUEUE_SIZE"].ShouldBe("100");
        (await model.ConfigurationOfAsync("gateway")).Environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://jaeger.dev.internal:4317");
        (await model.ConfigurationOfAsync("quiet")).Environment.ShouldBeEmpty();
        model.WaitsFor("quiet").ShouldBeEmpty();
    }

    [Fact]
    public async Task WithTailSampling_passes_the_policies_to_Jaeger()
    {
        await using var model = await BuildAsync(
            jaeger => jaeger.WithTailSampling(keep => keep.Errors().SlowerThan(TimeSpan.FromSeconds(1.5)).SampleOneIn(100).SampleOneIn(3)));

        var (_, args) = await model.ConfigurationOfAsync("jaeger2");

        args.ShouldContain(argument => argument.StartsWith("--config=") && argument.Contains(TailSampling));
        args.ShouldContain(
            "--set=processors.tail_sampling.policies=[{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}, "
            + "{name: slow, type: latency, latency: {threshold_ms: 1500}}, "
            + "{name: share, type: probabilistic, probabilistic: {sampling_percentage: 33.33333333333}}]");
    }

    [Fact]
    public void WithTailSampling_requires_a_policy() =>
        Should.Throw<ArgumentException>(() => DistributedApplication.CreateBuilder().AddJaeger("jaeger").WithTailSampling(_ => { }));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void SampleOneIn_requires_a_positive_count(int count) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new TailSamplingPolicies().SampleOneIn(count));

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    [InlineData(-5)]
    [InlineData(3e9)]
    public void SlowerThan_requires_a_duration_that_Jaeger_supports(double milliseconds) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new TailSamplingPolicies().SlowerThan(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public async Task WithDataVolume_stores_traces_in_the_volume_for_the_given_time()
    {
        await using var model = await BuildAsync(jaeger => jaeger.WithDataVolume("traces", TimeSpan.FromDays(7)));

        var args = (await model.ConfigurationOfAsync("jaeger2")).Args;

        args.ShouldContain(argument => argument.Contains(Badger));
        args[^1].ShouldEndWith("ttl.spans=10080m");
        Mount(model).ShouldBe((ContainerMountType.Volume, "traces", "/tmp"));
    }

    [Fact]
    public async Task WithDataVolume_generates_a_volume_name()
    {
        await using var model = await BuildAsync(jaeger => jaeger.WithDataVolume());

        Mount(model).Source.ShouldNotBeNull().ShouldEndWith("-jaeger2-data");
        (await model.ConfigurationOfAsync("jaeger2")).Args.ShouldContain(argument => argument.Contains("\"spans\": \"72h\""));
    }

    [Fact]
    public async Task WithDataBindMount_stores_traces_in_the_folder()
    {
        await using var model = await BuildAsync(jaeger => jaeger.WithDataBindMount("/traces"));

        (await model.ConfigurationOfAsync("jaeger2")).Args.ShouldContain(argument => argument.Contains(Badger));
        Mount(model).ShouldBe((ContainerMountType.BindMount, "/traces", "/tmp"));
    }

    [Fact]
    public void WithDataVolume_requires_a_time_to_live_of_a_minute() =>
        Should.Throw<ArgumentOutOfRangeException>(
            () => DistributedApplication.CreateBuilder().AddJaeger("jaeger").WithDataVolume(timeToLive: TimeSpan.FromSeconds(59)));

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

    private static (ContainerMountType Type, string? Source, string Target) Mount(AppHostModel model)
    {
        var mount = model.Resource("jaeger2").Annotations.OfType<ContainerMountAnnotation>().ShouldHaveSingleItem();
        return (mount.Type, mount.Source, mount.Target);
    }
}
