using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Grpc.Core;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>The emulator as a process.</summary>
public sealed class ExecutableTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static readonly Metadata Sampled = new() { { "traceparent", $"00-{TraceId}-00f067aa0ba902b7-01" } };

    [Theory]
    [InlineData("grpc", PosixSignal.SIGTERM)]
    [InlineData("http", PosixSignal.SIGINT)]
    public async Task On_a_signal_it_exports_the_remaining_spans_and_exits_with_0(string method, PosixSignal signal)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var emulator = Start(
            ("TRACE_EXPORTER", "otlp"),
            ("TRACE_OTLP_METHOD", method),
            ("TRACE_OTLP_SECURE", "false"),
            ("TRACE_OTLP_ENDPOINT", (method == "http" ? receiver.HttpEndpoint : receiver.GrpcEndpoint).Authority),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=secret"),
            ("OTEL_BSP_SCHEDULE_DELAY", "600000"));
        using var milvus = new TestMilvusClient(await AddressAsync(emulator));
        await milvus.Client.HasCollectionAsync(Named, Sampled);

        emulator.Signal(signal);

        (await emulator.WaitForExitAsync()).ShouldBe(0, emulator.Output);
        receiver.Spans.Count(span => span.TraceId == TraceId).ShouldBe(6);
        receiver.Requests.ShouldAllBe(request => request.Headers["x-otlp-api-key"] == "secret");
    }

    [Fact]
    public async Task It_logs_its_address_sampled_calls_and_failures_in_the_format_of_Milvus()
    {
        await using var emulator = Start();
        using var milvus = new TestMilvusClient(await AddressAsync(emulator));
        await milvus.Client.GetVersionAsync(new()); // not sampled, and no failure
        await milvus.Client.HasCollectionAsync(Named, Sampled);
        await milvus.Client.DescribeCollectionAsync(new() { CollectionName = Collection }, Sampled);

        await emulator.WaitForLineAsync("[WARN]");

        const string time = @"\[20\d\d/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3} \+00:00\]";
        const string source = @"\[Service/CallInterceptor\.cs:\d+\]";
        const string error = @"\[error=""can't find collection collection not found\[database=default\]\[collection=books\]""\]";
        emulator.Lines.Count.ShouldBe(3, emulator.Output);
        emulator.Lines[0].ShouldContain("not a real Milvus");
        emulator.Lines[1].ShouldMatch($"""^{time} \[INFO\] {source} \["call succeeded"\] \[traceID={TraceId}\] \[method=HasCollection\]$""");
        emulator.Lines[2].ShouldMatch(
            $"""^{time} \[WARN\] {source} \["call failed"\] \[traceID={TraceId}\] \[method=DescribeCollection\] \[code=100\] {error}$""");
    }

    [Theory]
    [InlineData("PROXY_PORT", "milvus", "PROXY_PORT is \"milvus\"")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "key", "An OTEL_EXPORTER_OTLP_... variable is invalid")]
    public async Task Invalid_setting_is_one_sentence_and_exit_code_2(string variable, string value, string message)
    {
        await using var emulator = Start(("TRACE_EXPORTER", "otlp"), ("TRACE_OTLP_ENDPOINT", "127.0.0.1:1"), (variable, value));
        (await emulator.WaitForExitAsync()).ShouldBe(2);
        emulator.ErrorOutput.ShouldStartWith(message);
        emulator.Lines.ShouldHaveSingleItem(emulator.Output);
    }

    [Fact]
    public async Task Port_in_use_is_one_sentence_and_exit_code_2()
    {
        using var other = new SilentServer();

        await using var emulator = Start(("PROXY_PORT", $"{other.Port}"));

        (await emulator.WaitForExitAsync()).ShouldBe(2);
        emulator.Lines.ShouldHaveSingleItem(emulator.Output).ShouldContain($"127.0.0.1:{other.Port}");
    }

    private static ChildProcess Start(params (string Name, string? Value)[] variables) => ChildProcess.StartProject(
        "MilvusTracing.Emulator",
        variables.Append((Name: "PROXY_PORT", Value: "0")).DistinctBy(variable => variable.Name).ToDictionary(variable => variable.Name, variable => variable.Value));

    private static async Task<Uri> AddressAsync(ChildProcess emulator) =>
        new($"http://{Regex.Match(await emulator.WaitForLineAsync("[address="), @"\[address=([^\]]+)\]").Groups[1].Value}");
}
