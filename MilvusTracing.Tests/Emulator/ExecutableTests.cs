using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using MilvusTracing.Tests.Failures;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

/// <summary>The emulator as the program that users start.</summary>
public sealed class ExecutableTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static readonly Metadata Sampled = new() { { "traceparent", $"00-{TraceId}-00f067aa0ba902b7-01" } };

    [Fact]
    public async Task It_says_what_it_is_where_it_listens_and_where_spans_go_and_that_it_serves()
    {
        await using var emulator = Start(("TRACE_EXPORTER", "otlp"), ("TRACE_OTLP_ENDPOINT", "127.0.0.1:1"));
        var address = await AddressAsync(emulator);
        emulator.Output.ShouldContain("an emulator of Milvus, not a real one");
        emulator.Output.ShouldContain("[spansTo=http://127.0.0.1:1/]");

        using var channel = GrpcChannel.ForAddress(address);
        var health = await new Health.HealthClient(channel).CheckAsync(new());
        health.Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
    }

    [Theory]
    [InlineData("grpc", PosixSignal.SIGTERM)]
    [InlineData("http", PosixSignal.SIGINT)]
    public async Task Asked_to_stop_it_sends_the_spans_that_it_has_and_ends_well(string method, PosixSignal signal)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var emulator = Start(
            ("TRACE_EXPORTER", "otlp"),
            ("TRACE_OTLP_METHOD", method),
            ("TRACE_OTLP_SECURE", "false"),
            ("TRACE_OTLP_ENDPOINT", (method == "http" ? receiver.HttpEndpoint : receiver.GrpcEndpoint).Authority),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=secret"),
            ("OTEL_BSP_SCHEDULE_DELAY", "600000"));
        using var milvus = new MilvusCalls(await AddressAsync(emulator));
        await milvus.Client.HasCollectionAsync(Named, Sampled);

        emulator.Signal(signal);

        (await emulator.WaitForExitAsync()).ShouldBe(0, emulator.Output);
        receiver.Spans.Count(span => span.TraceId == TraceId).ShouldBe(6);
        receiver.Requests.ShouldAllBe(request => request.Headers["x-otlp-api-key"] == "secret");
    }

    [Fact]
    public async Task Spans_go_to_a_receiver_whose_certificate_it_is_told_to_trust()
    {
        await using var receiver = await TlsServer.StartAsync();
        var certificate = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(certificate, receiver.Pem);
            await using var emulator = Start(
                ("TRACE_EXPORTER", "otlp"),
                ("TRACE_OTLP_SECURE", "true"),
                ("TRACE_OTLP_ENDPOINT", $"127.0.0.1:{receiver.Port}"),
                ("OTEL_EXPORTER_OTLP_CERTIFICATE", certificate));
            using var milvus = new MilvusCalls(await AddressAsync(emulator));
            await milvus.Client.HasCollectionAsync(Named, Sampled);

            emulator.Signal();

            (await emulator.WaitForExitAsync()).ShouldBe(0, emulator.Output);
            receiver.Requests.ShouldBeGreaterThan(0);
        }
        finally
        {
            File.Delete(certificate);
        }
    }

    [Fact]
    public async Task It_lets_in_who_has_roots_password_and_tells_everybody_of_its_health()
    {
        await using var emulator = Start(("COMMON_SECURITY_AUTHORIZATIONENABLED", "true"), ("COMMON_SECURITY_DEFAULTROOTPASSWORD", "secret"));
        using var milvus = new MilvusCalls(await AddressAsync(emulator));

        (await new Health.HealthClient(milvus.Invoker).CheckAsync(new())).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        (await Should.ThrowAsync<RpcException>(async () => await milvus.Client.GetVersionAsync(new()))).StatusCode.ShouldBe(StatusCode.Unauthenticated);
        var key = new Metadata { { "authorization", Convert.ToBase64String("root:secret"u8) } };
        (await milvus.Client.GetVersionAsync(new(), key)).Version.ShouldBe("v2.3.5-emulator");
        emulator.Output.ShouldNotContain("secret");
    }

    [Fact]
    public async Task It_logs_as_Milvus_does_calls_of_sampled_traces_and_failures_with_the_trace_id()
    {
        await using var emulator = Start();
        using var milvus = new MilvusCalls(await AddressAsync(emulator));
        await milvus.Client.GetVersionAsync(new()); // neither
        await milvus.Client.HasCollectionAsync(Named, Sampled);
        await milvus.Client.LoadCollectionAsync(Named, Sampled);

        await emulator.WaitForLineAsync("[WARN]");

        string[] lines = [.. emulator.Lines.Skip(1)];
        const string time = @"^\[20\d\d/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3} \+00:00\]";
        lines.Length.ShouldBe(2, emulator.Output);
        lines[0].ShouldMatch($$"""{{time}} \[INFO\] \[Service/CallInterceptor\.cs:\d+\] \["call done"\] \[traceID={{TraceId}}\] \[method=HasCollection\]$""");
        lines[1].ShouldMatch($$"""{{time}} \[WARN\] \[Service/CallInterceptor\.cs:\d+\] \["call failed"\] \[traceID={{TraceId}}\] \[method=LoadCollection\] \[code=100\] \[error="collection not found\[database=default\]\[collection=books\]"\]$""");
    }

    [Theory]
    [InlineData("PROXY_PORT", "milvus", "PROXY_PORT is \"milvus\"; expected a port, 0 to 65535.")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "key", "An OTEL_EXPORTER_OTLP_... variable cannot be used: Headers provided in an invalid format.")]
    public async Task A_bad_setting_is_one_sentence_and_exit_code_2(string variable, string value, string sentence)
    {
        await using var emulator = Start(("TRACE_EXPORTER", "otlp"), ("TRACE_OTLP_ENDPOINT", "127.0.0.1:1"), (variable, value));
        (await emulator.WaitForExitAsync()).ShouldBe(2);
        emulator.ErrorOutput.ShouldBe(sentence);
        emulator.Output.ShouldBe(sentence);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_sentence_and_exit_code_2()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        await using var emulator = Start(("PROXY_PORT", $"{port}"));

        (await emulator.WaitForExitAsync()).ShouldBe(2);
        emulator.Output.ShouldBe($"The emulator cannot listen: Failed to bind to address http://127.0.0.1:{port}: address already in use. PROXY_PORT chooses another port.");
    }

    private static ChildProcess Start(params (string Name, string? Value)[] variables)
    {
        var settings = new Dictionary<string, string?> { ["PROXY_PORT"] = "0" };
        foreach (var (name, value) in variables)
        {
            settings[name] = value;
        }

        return ChildProcess.StartProject("MilvusTracing.Emulator", settings);
    }

    private static async Task<Uri> AddressAsync(ChildProcess emulator) =>
        new($"http://{Regex.Match(await emulator.WaitForLineAsync("[address="), @"\[address=([^\]]+)\]").Groups[1].Value}");
}
