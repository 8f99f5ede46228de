using System.Net.Http.Json;
using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Verification;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Hosting.Jaeger;

/// <summary>A Jaeger process with the arguments and variables that the model gives its container.</summary>
internal sealed class JaegerProgram : IAsyncDisposable
{
    private readonly HttpClient _http = new();
    private readonly ChildProcess _process;
    private readonly int[] _ports;

    private JaegerProgram(ChildProcess process, int[] ports) => (_process, _ports) = (process, ports);

    /// <summary>The OTLP/gRPC endpoint.</summary>
    public Uri Otlp => At(_ports[2]);

    private static string Program => Environment.GetEnvironmentVariable("JAEGER_PROGRAM")
        ?? throw new InvalidOperationException("JAEGER_PROGRAM is not set; expected the path of the Jaeger v2 executable.");

    /// <summary>Starts Jaeger on free loopback ports.</summary>
    /// <param name="change">Configures the resource.</param>
    /// <param name="dashboard">The dashboard that it forwards spans to.</param>
    /// <param name="more">Additional arguments.</param>
    public static async Task<JaegerProgram> StartAsync(
        Action<IResourceBuilder<JaegerResource>> change, OtlpReceiver dashboard, params string[] more)
    {
        var (arguments, environment) = await ConfigurationAsync(change);
        var held = Enumerable.Range(0, 5).Select(_ => new ReservedPort()).ToArray();
        var ports = held.Select(port => port.Number).ToArray();
        arguments.AddRange(
        [
            $"--set=exporters.otlp/dashboard.endpoint={dashboard.GrpcEndpoint.Authority}",
            $"--set=receivers.otlp.protocols.http.endpoint=127.0.0.1:{ports[0]}",
            $"--set=extensions.jaeger_query.http.endpoint=127.0.0.1:{ports[1]}",
            $"--set=receivers.otlp.protocols.grpc.endpoint=127.0.0.1:{ports[2]}",
            $"--set=extensions.jaeger_query.grpc.endpoint=127.0.0.1:{ports[3]}",
            $"--set=extensions.healthcheckv2.http.endpoint=127.0.0.1:{ports[4]}",
            "--set=service.telemetry.metrics.level=none",
            .. more,
        ]);
        Array.ForEach(held, port => port.Dispose());
        environment["JAEGER_LISTEN_HOST"] = "127.0.0.1";
        var process = ChildProcess.Start(Program, arguments, environment);
        await process.WaitForLineAsync("Everything is ready");
        return new JaegerProgram(process, ports);
    }

    /// <summary>Runs <c>jaeger validate</c>.</summary>
    /// <returns>The exit code and the output.</returns>
    public static async Task<(int ExitCode, string Output)> ValidateAsync(Action<IResourceBuilder<JaegerResource>> change, bool withDashboard)
    {
        var (arguments, environment) = await ConfigurationAsync(change, withDashboard);
        return await ValidateAsync(arguments, environment);
    }

    /// <inheritdoc cref="ValidateAsync(Action{IResourceBuilder{JaegerResource}}, bool)"/>
    public static async Task<(int ExitCode, string Output)> ValidateAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        await using var process = ChildProcess.Start(Program, ["validate", .. arguments], environment);
        return (await process.WaitForExitAsync(), process.Output);
    }

    /// <summary>Sends traces by OTLP/HTTP.</summary>
    public async Task SendAsync(params IEnumerable<TraceData> traces)
    {
        foreach (var part in traces.Chunk(1_000))
        {
            (await _http.PostAsJsonAsync(new Uri(At(_ports[0]), "v1/traces"), OtlpJson.Request(part))).EnsureSuccessStatusCode();
        }
    }

    /// <returns>The number of spans of each stored trace of the service.</returns>
    public async Task<IReadOnlyDictionary<string, int>> StoredAsync(string service)
    {
        using var jaeger = new JaegerBackend(At(_ports[1]));
        return (await jaeger.FindTracesAsync(new TraceQuery(service, 10_000), default)).ToDictionary(trace => trace.Id, trace => trace.Spans.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _http.Dispose();
    }

    private static Uri At(int port) => new($"http://127.0.0.1:{port}");

    private static async Task<(List<string> Arguments, Dictionary<string, string?> Environment)> ConfigurationAsync(
        Action<IResourceBuilder<JaegerResource>> change, bool withDashboard = true)
    {
        await using var model = await AppHostModel.WithJaegerAsync(change, withDashboard);
        var (environment, arguments) = await model.ConfigurationOfAsync("jaeger2");
        return ([.. arguments], environment.ToDictionary(variable => variable.Key, variable => (string?)variable.Value));
    }
}
