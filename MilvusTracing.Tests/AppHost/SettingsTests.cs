using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Milvus;
using MilvusTracing.Tests.Hosting;
using MilvusTracing.Tests.Kubernetes;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The AppHost's settings, and the model without any.</summary>
public sealed class SettingsTests
{
    [Fact]
    public async Task The_manifest_has_the_containers_and_no_dashboard_or_emulator()
    {
        using var json = JsonDocument.Parse((await AspireManifest.WriteAsync(new() { ["Milvus__Emulator"] = "true" })).ToJsonString());
        var resources = json.RootElement;
        resources.EnumerateObject().Select(resource => resource.Name).ShouldBe(["milvus-key", "milvus", "jaeger", "milvus-client"], ignoreOrder: true);
        var jaeger = resources.GetProperty("jaeger");
        jaeger.GetProperty("image").GetString().ShouldBe("docker.io/jaegertracing/jaeger:2.13.0");
        jaeger.GetProperty("connectionString").GetString().ShouldBe("{jaeger.bindings.otlp-grpc.url}");
        jaeger.GetProperty("args").EnumerateArray().Select(argument => argument.GetString()).ShouldHaveSingleItem().ShouldNotBeNull().ShouldStartWith("--config=yaml:{");
        var milvus = resources.GetProperty("milvus").GetProperty("env");
        milvus.GetProperty("TRACE_OTLP_ENDPOINT").GetString().ShouldBe("{jaeger.bindings.otlp-grpc.host}:{jaeger.bindings.otlp-grpc.port}");
        var worker = resources.GetProperty("milvus-client").GetProperty("env");
        worker.GetProperty("ConnectionStrings__milvus").GetString().ShouldBe("{milvus.connectionString}");
    }

    [Fact]
    public async Task Settings_choose_the_image_the_volumes_the_sample_fraction_and_span_metrics()
    {
        await using var model = await AppHostModel.BuildAsync(
            new()
            {
                ["Milvus:ImageTag"] = "v2.6.1",
                ["Milvus:DataVolume"] = "vectors",
                ["Milvus:SampleFraction"] = "0.25",
                ["Jaeger:DataVolume"] = "traces",
                ["Jaeger:TimeToLive"] = "1.12:00:00",
                ["Jaeger:SpanMetrics"] = "false",
            },
            builder => AppHostModel.AddDashboard(builder, "http"));

        var milvus = model.Resource("milvus");
        milvus.Annotations.OfType<ContainerImageAnnotation>().Single().Tag.ShouldBe("v2.6.1");
        milvus.Annotations.OfType<ContainerMountAnnotation>().Single().Source.ShouldBe("vectors");
        (await model.ConfigurationOfAsync("milvus")).Environment["TRACE_SAMPLEFRACTION"].ShouldBe("0.25");
        model.Resource("jaeger").Annotations.OfType<ContainerMountAnnotation>().Single().Source.ShouldBe("traces");
        var jaeger = await model.ConfigurationOfAsync("jaeger");
        jaeger.Args.ShouldContain(argument => argument.EndsWith("ttl.spans=2160m"));
        jaeger.Args.ShouldNotContain(argument => argument.Contains("spanmetrics"));
    }

    [Fact]
    public async Task Empty_settings_count_as_unset()
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["Milvus:Emulator"] = "", ["Milvus:Metrics"] = "", ["Milvus:SampleFraction"] = "", ["Jaeger:SpanMetrics"] = "", ["Clients"] = "" },
            builder => AppHostModel.AddDashboard(builder, "http"));

        model.Resource("milvus").ShouldBeOfType<MilvusServerResource>();
        model.Resources.ShouldNotContain(resource => resource.Name == "milvus-metrics");
        (await model.ConfigurationOfAsync("milvus")).Environment["TRACE_SAMPLEFRACTION"].ShouldBe("0");
        (await model.ConfigurationOfAsync("jaeger")).Args.ShouldContain(argument => argument.Contains("spanmetrics"));
        model.Resources.ShouldNotContain(resource => resource.Name.EndsWith("-client") && resource is ExecutableResource);
    }

    [Fact]
    public async Task A_connection_string_replaces_the_container()
    {
        const string Zilliz = "Endpoint=https://in01.example.zillizcloud.com:19530;Key=token";
        await using var model = await AppHostModel.BuildAsync(new() { ["ConnectionStrings:milvus"] = Zilliz, ["Milvus:Metrics"] = "true" });

        model.Resources.ShouldNotContain(resource => resource is MilvusServerResource || resource.Name == "milvus-metrics");
        (await model.ConfigurationOfAsync("milvus-client")).Environment["ConnectionStrings__milvus"].ShouldBe(Zilliz);
        model.WaitsFor("milvus-client").ShouldContain("jaeger");
    }

    [Theory]
    [InlineData("python", "python-client")]
    [InlineData("Node, java", "node-client", "java-client")]
    [InlineData("go python go", "go-client", "python-client")]
    public async Task A_setting_selects_the_clients(string setting, params string[] expected)
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Clients"] = setting });

        model.Resources.OfType<ExecutableResource>().Select(resource => resource.Name).Where(name => name.EndsWith("-client")).ShouldBe(expected);
    }

    [Theory]
    [InlineData("Milvus:Emulator", "yes", "true or false")]
    [InlineData("Milvus:SampleFraction", "1.5", "0 to 1")]
    [InlineData("Milvus:Metrics", "all", "true or false")]
    [InlineData("Milvus:Logs", "trace,warning", "one of none, trace, warning, all")]
    [InlineData("Milvus:Logs", "2", "one of none, trace, warning, all")]
    [InlineData("Jaeger:SpanMetrics", "some", "true or false")]
    [InlineData("Jaeger:TimeToLive", "soon", "3.00:00:00")]
    [InlineData("Jaeger:TimeToLive", "00:00:30", "at least a minute")]
    [InlineData("Jaeger:TimeToLive", "1", "hours:minutes:seconds")]
    [InlineData("Clients", "python,ruby", "a list of python, node, java, go")]
    public async Task A_malformed_setting_ends_the_AppHost_with_a_message_and_exit_code_2(string key, string value, string expected)
    {
        await using var appHost = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.AppHost"), $"{key}={value}"]);

        (await appHost.WaitForExitAsync()).ShouldBe(2, appHost.Output);
        var message = appHost.ErrorOutput.Split('\n').ShouldHaveSingleItem();
        message.ShouldStartWith($"{key} is '{value}'; expected ");
        message.ShouldContain(expected);
    }
}
