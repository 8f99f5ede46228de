using Aspire.Hosting;

namespace MilvusTracing.Tests.Hosting;

public sealed class WithAppForwardingTests
{
    private static readonly Dictionary<string, string> WithKey = new() { ["AppHost:OtlpApiKey"] = "0815" };

    [Fact]
    public async Task Traces_go_to_the_hub_and_the_rest_to_the_dashboard()
    {
        await using var model = await AppHostModel.BuildAsync(WithKey, builder => AppHostModel.AddDashboard(builder, "http"));

        var (environment, _) = await model.ConfigurationOfAsync("milvus-client");

        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://localhost:24317");
        environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("grpc");
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"].ShouldBe("http://localhost:39000");
        environment["OTEL_BSP_MAX_QUEUE_SIZE"].ShouldBe("32768");
    }

    [Fact]
    public async Task The_dashboards_key_stays_with_the_dashboard()
    {
        await using var model = await AppHostModel.BuildAsync(WithKey, builder => AppHostModel.AddDashboard(builder, "http"));

        var (environment, _) = await model.ConfigurationOfAsync("milvus-client");

        environment["OTEL_EXPORTER_OTLP_HEADERS"].ShouldBe("x-otlp-api-key=0815");
        environment["OTEL_EXPORTER_OTLP_TRACES_HEADERS"].ShouldNotContain("0815");
    }

    [Fact]
    public async Task An_exporter_over_HTTP_gets_the_whole_URL()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
        {
            AppHostModel.AddDashboard(builder, "http");
            builder.AddExecutable("search", "python", ".").WithOtlpExporter(OtlpProtocol.HttpProtobuf);
        });

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://localhost:24318/v1/traces");
        environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("http/protobuf");
    }

    [Fact]
    public async Task A_container_is_given_the_hubs_address_in_the_containers_network()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder => builder.AddContainer("gateway", "gateway").WithOtlpExporter());

        var (environment, _) = await model.ConfigurationOfAsync("gateway");

        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://jaeger.dev.internal:4317");
    }

    [Fact]
    public async Task A_sender_starts_after_the_hub()
    {
        await using var model = await AppHostModel.BuildAsync();

        model.WaitsFor("milvus-client").ShouldContain("jaeger");
    }

    [Fact]
    public async Task What_exports_nothing_is_left_alone()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder => builder.AddExecutable("quiet", "sleep", ".", "1"));

        (await model.ConfigurationOfAsync("quiet")).Environment.ShouldBeEmpty();
        model.WaitsFor("quiet").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_queue_of_ones_own_size_stays()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
            builder.AddExecutable("search", "python", ".").WithOtlpExporter().WithEnvironment("OTEL_BSP_MAX_QUEUE_SIZE", "100"));

        (await model.ConfigurationOfAsync("search")).Environment["OTEL_BSP_MAX_QUEUE_SIZE"].ShouldBe("100");
    }

    [Theory]
    [InlineData("", null, true)]
    [InlineData("true", null, true)]
    [InlineData("false", null, false)]
    [InlineData("", false, false)]
    [InlineData("true", false, true)]
    public async Task Metrics_of_the_spans_are_there_unless_code_or_configuration_says_no(string setting, bool? code, bool expected)
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["Jaeger:SpanMetrics"] = setting },
            builder =>
            {
                AppHostModel.AddDashboard(builder, "http");
                if (code is { } value)
                {
                    builder.AddJaeger("another").FromConfiguration().WithAppForwarding(value);
                }
            });

        var (_, args) = await model.ConfigurationOfAsync(code is null ? "jaeger" : "another");

        args.Contains("--config=/etc/jaeger/span-metrics.yaml").ShouldBe(expected);
    }

    [Fact]
    public async Task Without_a_dashboard_there_is_no_place_for_metrics()
    {
        await using var model = await AppHostModel.BuildAsync();

        (await model.ConfigurationOfAsync("jaeger")).Args.ShouldNotContain("--config=/etc/jaeger/span-metrics.yaml");
    }

    [Fact]
    public async Task A_setting_that_is_neither_true_nor_false_is_refused_in_a_sentence() =>
        (await Should.ThrowAsync<Exception>(AppHostModel.BuildAsync(new() { ["Jaeger:SpanMetrics"] = "some" })))
            .Message.ShouldContain("Jaeger:SpanMetrics is some; expected true or false.");
}
