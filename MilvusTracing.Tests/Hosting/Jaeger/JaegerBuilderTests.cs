using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Jaeger;

public sealed class JaegerBuilderTests
{
    private const string Dashboard = "otlp/dashboard";

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
        await using var model = await AppHostModel.WithJaegerAsync(
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
        await using var model = await AppHostModel.WithJaegerAsync();
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
    public async Task WithAppForwarding_sends_traces_to_Jaeger_and_the_rest_with_the_API_key_to_the_dashboard()
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["AppHost:OtlpApiKey"] = "0815" }, builder => AppHostModel.AddDashboard(builder, "http"));

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

    public static TheoryData<Action<IResourceBuilder<JaegerResource>>> Invalid =>
    [
        jaeger => jaeger.WithTailSampling(_ => { }),
        jaeger => jaeger.WithTailSampling(keep => keep.SampleOneIn(0)),
        jaeger => jaeger.WithTailSampling(keep => keep.SlowerThan(TimeSpan.FromMilliseconds(0.9))),
        jaeger => jaeger.WithTailSampling(keep => keep.SlowerThan(TimeSpan.FromMilliseconds(3e9))),
        jaeger => jaeger.WithDataVolume(timeToLive: TimeSpan.FromSeconds(59)),
    ];

    [Theory]
    [MemberData(nameof(Invalid))]
    public void A_value_that_Jaeger_does_not_support_is_an_ArgumentException(Action<IResourceBuilder<JaegerResource>> configure) =>
        Should.Throw<ArgumentException>(() => configure(DistributedApplication.CreateBuilder().AddJaeger("jaeger")));

    public static TheoryData<Action<IResourceBuilder<JaegerResource>>, ContainerMountType, string, string> Stores => new()
    {
        { jaeger => jaeger.WithDataVolume(), ContainerMountType.Volume, "-jaeger2-data", "\"spans\": \"72h\"" },
        { jaeger => jaeger.WithDataVolume("traces", TimeSpan.FromDays(7)), ContainerMountType.Volume, "traces", "ttl.spans=10080m" },
        { jaeger => jaeger.WithDataBindMount("/traces"), ContainerMountType.BindMount, "/traces", "\"badger\"" },
    };

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Traces_are_stored_in_a_volume_or_a_folder(
        Action<IResourceBuilder<JaegerResource>> configure, ContainerMountType type, string source, string argument)
    {
        await using var model = await AppHostModel.WithJaegerAsync(configure);

        var mount = model.Resource("jaeger2").Annotations.OfType<ContainerMountAnnotation>().ShouldHaveSingleItem();
        (mount.Type, mount.Target).ShouldBe((type, "/tmp"));
        mount.Source.ShouldNotBeNull().ShouldEndWith(source);
        (await model.ConfigurationOfAsync("jaeger2")).Args.ShouldContain(each => each.Contains(argument));
    }
}
