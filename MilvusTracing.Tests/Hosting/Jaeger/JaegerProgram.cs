using System.Diagnostics;
using System.Net.Http.Json;
using Aspire.Hosting;
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
    private readonly Uri _otlpHttp;
    private bool _isDisposed;

    private JaegerProgram(ChildProcess process, int[] ports)
    {
        _process = process;
        _otlpHttp = At(ports[0]);
        Query = At(ports[1]);
        Otlp = At(ports[2]);

        static Uri At(int port) => new($"http://127.0.0.1:{port}");
    }

    /// <summary>The OTLP/gRPC endpoint.</summary>
    public Uri Otlp { get; }

    /// <summary>The URL of the query API.</summary>
    public Uri Query { get; }

    /// <summary>Its output.</summary>
    public string Output => _process.Output;

    private static string Program => Environment.GetEnvironmentVariable("JAEGER_PROGRAM")
        ?? throw new InvalidOperationException("JAEGER_PROGRAM is not set; expected the path of the Jaeger v2 executable.");

    /// <param name="change">Configures the resource.</param>
    /// <param name="dashboard">The dashboard that it forwards spans to.</param>
    /// <param name="data">Its data folder.</param>
    /// <param name="more">Additional arguments.</param>
    public static async Task<JaegerProgram> StartAsync(
        Action<IResourceBuilder<JaegerResource>> change, OtlpReceiver dashboard, string? data = null, params string[] more)
    {
        var (arguments, environment) = await ConfigurationAsync(change);
        arguments.Add($"--set=exporters.otlp/dashboard.endpoint={dashboard.GrpcEndpoint.Authority}");
        if (data is not null)
        {
            arguments.Add($"--set=extensions.jaeger_storage.backends.badger.badger.directories={{keys: {data}/keys, values: {data}/values}}");
        }

        return await StartAsync([.. arguments, .. more], environment);
    }

    /// <summary>Starts Jaeger on free loopback ports, which override those of its arguments.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">Its environment.</param>
    public static async Task<JaegerProgram> StartAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> variables)
    {
        var held = Enumerable.Range(0, 5).Select(_ => new ReservedPort()).ToArray();
        var ports = held.Select(port => port.Number).ToArray();
        string[] onFreePorts =
        [
            $"--set=receivers.otlp.protocols.http.endpoint=127.0.0.1:{ports[0]}",
            $"--set=extensions.jaeger_query.http.endpoint=127.0.0.1:{ports[1]}",
            $"--set=receivers.otlp.protocols.grpc.endpoint=127.0.0.1:{ports[2]}",
            $"--set=extensions.jaeger_query.grpc.endpoint=127.0.0.1:{ports[3]}",
            $"--set=extensions.healthcheckv2.http.endpoint=127.0.0.1:{ports[4]}",
            "--set=service.telemetry.metrics.level=none",
        ];
        Array.ForEach(held, port => port.Dispose());
        var environment = new Dictionary<string, string?>(variables) { ["JAEGER_LISTEN_HOST"] = "127.0.0.1" };
        var process = ChildProcess.Start(Program, [.. arguments, .. onFreePorts], environment);
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

    public async Task SendAsync(string service, IEnumerable<Span> spans)
    {
        foreach (var part in spans.Chunk(1_000))
        {
            (await PostAsync(service, part)).EnsureSuccessStatusCode();
        }
    }

    /// <summary>Sends spans by OTLP/HTTP.</summary>
    /// <returns>The response.</returns>
    public Task<HttpResponseMessage> PostAsync(string service, params IEnumerable<Span> spans) =>
        _http.PostAsJsonAsync(new Uri(_otlpHttp, "v1/traces"), OtlpJson.Request(spans.Select(span => span.Of(service))));

    /// <returns>The number of spans of each stored trace of the service.</returns>
    public async Task<IReadOnlyDictionary<string, int>> StoredAsync(string service)
    {
        using var jaeger = new JaegerBackend(Query);
        return (await jaeger.FindTracesAsync(new TraceQuery(service, 10_000), default)).ToDictionary(trace => trace.Id, trace => trace.Spans.Count);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _process.Signal();
        await _process.WaitForExitAsync();
        await _process.DisposeAsync();
        _http.Dispose();
    }

    private static async Task<(List<string> Arguments, Dictionary<string, string?> Environment)> ConfigurationAsync(
        Action<IResourceBuilder<JaegerResource>> change, bool withDashboard = true)
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["AppHost:OtlpApiKey"] = "0815" },
            builder =>
            {
                if (withDashboard)
                {
                    AppHostModel.AddDashboard(builder, "http");
                }

                change(builder.AddJaeger("jaeger2"));
            });
        var (environment, arguments) = await model.ConfigurationOfAsync("jaeger2");
        return ([.. arguments], environment.ToDictionary(variable => variable.Key, variable => (string?)variable.Value));
    }

    internal sealed record Span(string TraceId, string Name, DateTimeOffset Start, TimeSpan Duration, bool IsFailed = false)
    {
        public TraceData Of(string service) => new(TraceId,
        [
            new()
            {
                Id = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray()[..8]),
                Name = Name,
                Service = service,
                Kind = ActivityKind.Server,
                Start = Start,
                Duration = Duration,
                IsError = IsFailed,
            },
        ]);
    }
}
