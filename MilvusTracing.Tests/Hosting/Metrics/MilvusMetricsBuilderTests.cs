using System.Text;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Milvus;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Metrics;

public sealed partial class MilvusMetricsBuilderTests
{
    /// <summary>The password in <see cref="AppHostModel"/>.</summary>
    private const string Secret = "secret";

    [Theory]
    [InlineData("http", "0815")]
    [InlineData("https", "")]
    public async Task A_Collector_scrapes_Milvus_and_sends_to_the_dashboard(string scheme, string key)
    {
        await using var model = await BuildAsync(milvus => milvus.WithMetrics(), scheme, new() { ["AppHost:OtlpApiKey"] = key });

        var (environment, args) = await model.ConfigurationOfAsync("milvus-metrics");

        var image = model.Resource("milvus-metrics").Annotations.OfType<ContainerImageAnnotation>().Single();
        $"{image.Registry}/{image.Image}:{image.Tag}".ShouldBe("docker.io/otel/opentelemetry-collector-contrib:0.161.0");
        environment.ShouldBe(
            new Dictionary<string, string>
            {
                ["MILVUS_METRICS_TARGET"] = "milvus.dev.internal:9091",
                ["MILVUS_METRICS_SERVICE"] = "milvus",
                ["MILVUS_METRICS_PASSWORD"] = Secret,
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"{scheme}://aspire-dashboard.dev.internal:19000",
                ["MILVUS_METRICS_OTLP_KEY"] = key,
            },
            ignoreOrder: true);
        args.Count.ShouldBe(2);
        args.ShouldAllBe(arg => arg.StartsWith("--config=yaml:") && !arg.Contains(Secret));
        // The Docker Compose publisher does not escape a variable without a default.
        args.SelectMany(arg => Variable().Matches(arg)).ShouldAllBe(variable => variable.Value.Contains(":-"));
        model.WaitsFor("milvus-metrics").ShouldBe(["milvus"]);
        model.Resources.SelectMany(resource => model.WaitsFor(resource.Name)).ShouldNotContain("milvus-metrics");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_the_option_only_the_documented_metrics_are_sent(bool all)
    {
        await using var model = await BuildAsync(milvus => milvus.WithMetrics(all: all));

        var (_, args) = await model.ConfigurationOfAsync("milvus-metrics");

        args.SelectMany(arg => CuratedMetrics.InYaml(arg)).ShouldBe(all ? [] : CuratedMetrics.Documented, ignoreOrder: true);
    }

    [Fact]
    public async Task A_Collector_of_the_application_can_do_it()
    {
        await using var model = await BuildAsync(milvus =>
            milvus.WithMetrics(milvus.ApplicationBuilder.AddContainer("collector", "otel/opentelemetry-collector-contrib").WithArgs("--config=mine.yaml")));

        var (environment, args) = await model.ConfigurationOfAsync("collector");

        model.Resources.ShouldNotContain(resource => resource.Name == "milvus-metrics");
        args.Count.ShouldBe(3);
        args[0].ShouldBe("--config=mine.yaml");
        environment["MILVUS_METRICS_TARGET"].ShouldBe("milvus.dev.internal:9091");
        model.WaitsFor("collector").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("true", "The emulator has no metrics")]
    [InlineData("false", "The application has no dashboard")]
    public async Task With_the_emulator_or_without_a_dashboard_it_is_left_out_with_a_word_in_the_log(string emulator, string reason)
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Milvus:Emulator"] = emulator, ["Milvus:Metrics"] = "true" });

        await model.LogAsync("milvus", "started");

        model.Resources.ShouldNotContain(resource => resource.Name == "milvus-metrics");
        model.Resource("milvus").Annotations.OfType<EndpointAnnotation>().Count(endpoint => endpoint.Name == "metrics").ShouldBe(emulator == "true" ? 0 : 1);
        (await LogAsync(model, "milvus")).ShouldContain($"{reason}: WithMetrics");
    }

    /// <summary>Compose and Kubernetes publishers set the endpoint of their dashboard for each resource with an OTLP exporter.</summary>
    [Fact]
    public async Task A_published_Collector_gets_the_dashboard_of_its_publisher_and_no_endpoint_for_traces()
    {
        var builder = DistributedApplication.CreateBuilder(["--operation", "publish"]);
        builder.AddMilvus("milvus").WithTracing(builder.AddJaeger("jaeger").WithAppForwarding()).WithMetrics();
        var collector = builder.Resources.Single(resource => resource.Name == "milvus-metrics");
        collector.HasAnnotationOfType<OtlpExporterAnnotation>().ShouldBeTrue();
        await using var services = builder.Services.BuildServiceProvider();

        await builder.Eventing.PublishAsync(new BeforeStartEvent(services, services.GetRequiredService<DistributedApplicationModel>()));

        collector.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).ShouldBe(["milvus"]);
    }

    [Theory]
    [InlineData("/metrics", Secret)]
    [InlineData("/metrics", "wrong", "refuses the password of the user root", "milvus-key")]
    [InlineData("/elsewhere", Secret, "HTTP status 404")]
    public async Task The_log_of_the_Collector_says_why_there_are_no_metrics(string path, string password, params string[] expected)
    {
        await using var server = await FakeHttpServer.StartAsync();
        server.On(path, context =>
        {
            var sent = Encoding.UTF8.GetString(Convert.FromBase64String($"{context.Request.Headers.Authorization}".Split(' ')[1]));
            return FakeHttpServer.SendAsync(context, sent == $"root:{Secret}" ? 200 : 401, "text/plain", "");
        });
        await using var model = await BuildAsync(
            milvus => milvus.WithMetrics(),
            settings: new() { ["Parameters:milvus-key"] = password },
            hostPorts: new() { ["milvus/metrics"] = server.Port });

        await model.Services.GetRequiredService<IDistributedApplicationEventing>()
            .PublishAsync(new ResourceReadyEvent(model.Resource("milvus"), model.Services));

        var log = await LogAsync(model, "milvus-metrics");
        expected.ShouldAllBe(words => log.Contains(words), log);
        (log.Length > 0).ShouldBe(expected.Length > 0, log);
        log.ShouldNotContain(password);
    }

    private static Task<AppHostModel> BuildAsync(
        Action<IResourceBuilder<MilvusServerResource>> change,
        string scheme = "http",
        Dictionary<string, string>? settings = null,
        Dictionary<string, int>? hostPorts = null) => AppHostModel.BuildAsync(
        settings,
        builder =>
        {
            AppHostModel.AddDashboard(builder, scheme);
            change(builder.CreateResourceBuilder(builder.Resources.OfType<MilvusServerResource>().Single()));
        },
        hostPorts);

    private static async Task<string> LogAsync(AppHostModel model, string resource)
    {
        var logs = model.Services.GetRequiredService<ResourceLoggerService>();
        logs.Complete(model.Resource(resource));
        return string.Join('\n', await logs.WatchAsync(model.Resource(resource)).SelectMany(batch => batch).Select(line => line.Content).ToListAsync());
    }

    [GeneratedRegex(@"\$\{[^}]*\}")]
    private static partial Regex Variable();
}
