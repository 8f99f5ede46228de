using k8s.Models;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The settings that make Milvus (its chart) and services (their environment) send spans to Jaeger.</summary>
public sealed class SettingTests
{
    /// <summary>The names of the roles in versions 4 and 5 of the chart; each is a Deployment with its own <c>extraEnv</c>.</summary>
    private static readonly string[] Roles =
    [
        "proxy", "mixCoordinator", "rootCoordinator", "queryCoordinator", "dataCoordinator", "indexCoordinator",
        "queryNode", "dataNode", "indexNode", "streamingNode", "cdc", "standalone",
    ];

    [Fact]
    public void Every_role_of_the_chart_exports_spans_within_200_ms()
    {
        var values = Manifests.ParseYaml(File.ReadAllText(Manifests.PathOf("milvus-values.yaml")));

        values.AsObject().Select(value => value.Key).ShouldBe([.. Roles, "extraConfigFiles"], ignoreOrder: true);
        foreach (var role in Roles)
        {
            var variable = values[role]!["extraEnv"]!.AsArray().ShouldHaveSingleItem()!;
            variable["name"]!.GetValue<string>().ShouldBe("OTEL_BSP_SCHEDULE_DELAY");
            variable["value"]!.GetValue<string>().ShouldBe("200"); // a string: Kubernetes rejects numbers
        }

        var trace = Manifests.ParseYaml(UserYaml())["trace"]!;
        trace["exporter"]!.GetValue<string>().ShouldBe("otlp");
        trace["sampleFraction"]!.ToString().ShouldBe("0");
        trace["initTimeoutSeconds"].ShouldNotBeNull(); // Milvus ignores it below otlp
        trace["otlp"]!["secure"]!.ToString().ShouldBe("false");
        trace["otlp"]!["method"]!.GetValue<string>().ShouldBe("grpc");
    }

    [RequiresFact(Capability.Kubectl)]
    public async Task Milvus_and_services_send_their_spans_to_Jaegers_service()
    {
        var jaeger = (await Manifests.RenderAsync("hub")).Get<V1Service>("jaeger");
        var address = $"jaeger.{jaeger.Metadata.NamespaceProperty}:{jaeger.Spec.Ports.Single(port => port.Name == "otlp-grpc").Port}";
        var environment = Manifests.Parse(await File.ReadAllTextAsync(Manifests.PathOf("service-environment.yaml")))
            .Objects.ShouldHaveSingleItem().ShouldBeOfType<V1ConfigMap>();

        environment.Metadata.NamespaceProperty.ShouldBeNull(); // the user applies it in the namespace of the service
        new Uri(environment.Data["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]).ShouldBe(new Uri($"http://{address}"));
        environment.Data["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("grpc");
        environment.Data["OTEL_TRACES_SAMPLER"].ShouldStartWith("parentbased_");
        UserYaml().ShouldContain($"endpoint: {address}\n");
    }

    /// <summary>The configuration file that the chart merges into Milvus's own.</summary>
    internal static string UserYaml() =>
        Manifests.ParseYaml(File.ReadAllText(Manifests.PathOf("milvus-values.yaml")))["extraConfigFiles"]!["user.yaml"]!.GetValue<string>();
}
