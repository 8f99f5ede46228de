namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The settings that make Milvus (its chart) send spans to Jaeger.</summary>
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

    /// <summary>The configuration file that the chart merges into Milvus's own.</summary>
    internal static string UserYaml() =>
        Manifests.ParseYaml(File.ReadAllText(Manifests.PathOf("milvus-values.yaml")))["extraConfigFiles"]!["user.yaml"]!.GetValue<string>();
}
