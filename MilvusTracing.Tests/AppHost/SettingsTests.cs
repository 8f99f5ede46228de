using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Milvus;
using MilvusTracing.Tests.Hosting;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

public sealed class SettingsTests
{
    [Fact]
    public async Task Settings_choose_the_image_and_the_volumes()
    {
        await using var model = await AppHostModel.BuildAsync(new()
        {
            ["Milvus:ImageTag"] = "v2.6.1",
            ["Milvus:DataVolume"] = "vectors",
            ["Jaeger:DataVolume"] = "traces",
            ["Jaeger:TimeToLive"] = "1.12:00:00",
        });

        var milvus = model.Resource("milvus");
        var jaeger = model.Resource("jaeger");

        milvus.Annotations.OfType<ContainerImageAnnotation>().Single().Tag.ShouldBe("v2.6.1");
        milvus.Annotations.OfType<ContainerMountAnnotation>().Single().Source.ShouldBe("vectors");
        jaeger.Annotations.OfType<ContainerMountAnnotation>().Single().Source.ShouldBe("traces");
        (await model.ConfigurationOfAsync("jaeger")).Environment["BADGER_TTL"].ShouldBe("2160m");
    }

    [Fact]
    public async Task A_connection_string_replaces_the_container()
    {
        const string Zilliz = "Endpoint=https://in01.example.zillizcloud.com:19530;Key=token";
        await using var model = await AppHostModel.BuildAsync(new() { ["ConnectionStrings:milvus"] = Zilliz });

        model.Resources.ShouldNotContain(resource => resource is MilvusServerResource);
        (await model.ConfigurationOfAsync("milvus-client")).Environment["ConnectionStrings__milvus"].ShouldBe(Zilliz);
        model.WaitsFor("milvus-client").ShouldContain("jaeger");
    }

    [Theory]
    [InlineData("true", typeof(MilvusEmulatorResource))]
    [InlineData("false", typeof(MilvusServerResource))]
    [InlineData("", typeof(MilvusServerResource))]
    public async Task A_setting_selects_the_emulator(string setting, Type expected)
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Milvus:Emulator"] = setting });

        model.Resource("milvus").ShouldBeOfType(expected);
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("0.25", "0.25")]
    [InlineData("", "0")]
    public async Task A_setting_selects_the_sample_fraction(string setting, string expected)
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Milvus:SampleFraction"] = setting });

        (await model.ConfigurationOfAsync("milvus")).Environment["TRACE_SAMPLEFRACTION"].ShouldBe(expected);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public async Task A_setting_disables_span_metrics(string setting, bool expected)
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["Jaeger:SpanMetrics"] = setting }, builder => AppHostModel.AddDashboard(builder, "http"));

        (await model.ConfigurationOfAsync("jaeger")).Args.Contains("--config=/etc/jaeger/span-metrics.yaml").ShouldBe(expected);
    }

    [Theory]
    [InlineData("Milvus:Emulator", "yes", "true or false")]
    [InlineData("Milvus:SampleFraction", "1.5", "0 to 1")]
    [InlineData("Milvus:SampleFraction", "half", "0 to 1")]
    [InlineData("Milvus:Logs", "trace,warning", "one of none, trace, warning, all")]
    [InlineData("Milvus:Logs", "2", "one of none, trace, warning, all")]
    [InlineData("Jaeger:SpanMetrics", "some", "true or false")]
    [InlineData("Jaeger:TimeToLive", "soon", "3.00:00:00")]
    [InlineData("Jaeger:TimeToLive", "00:00:30", "at least a minute")]
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
