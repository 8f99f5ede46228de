using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Worker;

public sealed class BadSettingTests
{
    private const string Milvus = "Endpoint=http://127.0.0.1:1;Key=root:Milvus";

    [Theory]
    [InlineData(Milvus, "Worker__Interval", "soon", "Worker:Interval is 'soon'; expected ")]
    [InlineData(Milvus, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "jaeger:4317", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is 'jaeger:4317'; expected ")]
    [InlineData(Milvus, "Logging__LogLevel__Default", "loud", "The worker cannot start with these settings: Configuration value 'loud' is not supported.")]
    [InlineData(Milvus, "JAEGER_URL", "me:secret@jaeger:16686", "JAEGER_URL is '***@jaeger:16686'; expected ")]
    [InlineData("Endpoint=me:secret@nowhere;Key=secret", "Worker__Interval", "1", "ConnectionStrings:milvus has the Endpoint '***@nowhere'; expected ")]
    [InlineData("Endpoint=nowhere;Key=secret", "Worker__Interval", "1", "ConnectionStrings:milvus has the Endpoint 'nowhere'; expected ")]
    public async Task The_worker_does_not_start_and_tells_why_in_one_sentence(string milvus, string setting, string value, string sentence)
    {
        await using var worker = WorkerProcess.Start(milvus, passes: 1, receiver: null, jaeger: null, (setting, value));

        (await worker.WaitForExitAsync()).ShouldBe(2);

        worker.Lines.ShouldHaveSingleItem().ShouldContain(sentence);
        worker.Output.ShouldNotContain("secret");
    }

    [Fact]
    public async Task An_argument_that_the_host_cannot_read_is_told_in_one_sentence()
    {
        await using var worker = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Worker"), "-x=1"]);

        (await worker.WaitForExitAsync()).ShouldBe(2);

        worker.Lines.ShouldHaveSingleItem().ShouldContain("'-x=1'");
    }
}
