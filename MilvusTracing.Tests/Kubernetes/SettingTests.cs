using k8s.Models;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The settings for those who send: Milvus by its chart, services by their environment.</summary>
public sealed class SettingTests
{
    /// <summary>The chart's names, of versions 4 and 5, each a Deployment with an <c>extraEnv</c> of its own.</summary>
    private static readonly string[] Roles =
    [
        "proxy", "mixCoordinator", "rootCoordinator", "queryCoordinator", "dataCoordinator", "indexCoordinator",
        "queryNode", "dataNode", "indexNode", "streamingNode", "standalone",
    ];

    [Fact]
    public void Every_role_of_the_chart_traces_and_sends_soon()
    {
        var values = Manifests.ParseYaml(File.ReadAllText(Manifests.PathOf("milvus-values.yaml")));

        values.AsObject().Select(value => value.Key).ShouldBe([.. Roles, "extraConfigFiles"], ignoreOrder: true);
        foreach (var role in Roles)
        {
            var variable = values[role]!["extraEnv"]!.AsArray().ShouldHaveSingleItem()!;
            variable["name"]!.GetValue<string>().ShouldBe("OTEL_BSP_SCHEDULE_DELAY");
            variable["value"]!.GetValue<string>().ShouldBe("200"); // a string: Kubernetes refuses numbers
        }

        var trace = Manifests.ParseYaml(values["extraConfigFiles"]!["user.yaml"]!.GetValue<string>())["trace"]!;
        trace["exporter"]!.GetValue<string>().ShouldBe("otlp");
        trace["sampleFraction"]!.ToString().ShouldBe("0");
        trace["initTimeoutSeconds"].ShouldNotBeNull(); // below otlp, Milvus ignores it
        trace["otlp"]!["secure"]!.ToString().ShouldBe("false");
        trace["otlp"]!["method"]!.GetValue<string>().ShouldBe("grpc");
    }

    [RequiresFact(Capability.Kubectl)]
    public async Task Milvus_and_services_send_to_the_hubs_service()
    {
        var hub = await Manifests.RenderAsync("hub");
        var environment = Manifests.Parse(await File.ReadAllTextAsync(Manifests.PathOf("service-environment.yaml"))).Objects.ShouldHaveSingleItem().ShouldBeOfType<V1ConfigMap>();

        environment.Metadata.NamespaceProperty.ShouldBeNull(); // it is applied in the service's
        new Uri(environment.Data["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]).ShouldBe(new Uri(Otlp(hub)));
        environment.Data["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("grpc");
        environment.Data["OTEL_TRACES_SAMPLER"].ShouldStartWith("parentbased_");
        UserYaml().ShouldContain($"endpoint: {Otlp(hub)["http://".Length..]}\n");
    }

    /// <summary>What the chart lays over Milvus's own configuration.</summary>
    internal static string UserYaml() =>
        Manifests.ParseYaml(File.ReadAllText(Manifests.PathOf("milvus-values.yaml")))["extraConfigFiles"]!["user.yaml"]!.GetValue<string>();

    private static string Otlp(Manifests hub)
    {
        var service = hub.Get<V1Service>("jaeger");
        return $"http://{service.Metadata.Name}.{service.Metadata.NamespaceProperty}:{service.Spec.Ports.Single(port => port.Name == "otlp-grpc").Port}";
    }
}
