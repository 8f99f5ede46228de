using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Worker;

public sealed class BadSettingTests
{
    private const string Milvus = "Endpoint=http://127.0.0.1:1;Key=root:Milvus";

    [Theory]
    [InlineData(Milvus, "Worker__OperationTimeout", "-1", "Worker:OperationTimeout", "more than 0")]
    [InlineData(Milvus, "Worker__Interval", "soon", "Worker:Interval", "soon")]
    [InlineData(Milvus, "Worker__Interval", "0", "Worker:Interval", "more than 0")]
    [InlineData(Milvus, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "jaeger:4317", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4317")]
    [InlineData(Milvus, "Logging__LogLevel__Default", "loud", "loud", "")]
    [InlineData(null, "Worker__Interval", "1", "ConnectionStrings:milvus", "Endpoint=http://localhost:19530;Key=root:Milvus")]
    [InlineData("Endpoint=localhost:19530;Key=secret", "Worker__Interval", "1", "ConnectionStrings:milvus", "http://")]
    [InlineData("Endpoint=http://localhost:19530", "Worker__Interval", "1", "ConnectionStrings:milvus", "any Key")]
    [InlineData("Key=\"secret", "Worker__Interval", "1", "ConnectionStrings:milvus", "Endpoint=")]
    public async Task Invalid_setting_is_reported_in_one_line_without_credentials(string? milvus, string setting, string value, string name, string expected)
    {
        await using var worker = WorkerProcess.Start(milvus, passes: 1, receiver: null, jaeger: null, (setting, value));

        (await worker.WaitForExitAsync()).ShouldBe(2);

        var line = worker.Lines.ShouldHaveSingleItem();
        line.ShouldContain(name);
        line.ShouldContain(expected);
        line.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Invalid_argument_is_reported_in_one_line()
    {
        await using var worker = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Worker"), "-x=1"]);

        (await worker.WaitForExitAsync()).ShouldBe(2);

        worker.Lines.ShouldHaveSingleItem().ShouldContain("'-x=1'");
    }
}
