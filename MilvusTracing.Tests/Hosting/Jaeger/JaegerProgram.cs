using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Hosting.Jaeger;

/// <summary>A real Jaeger, started with the very arguments, files and variables that the model gives its container.</summary>
internal sealed class JaegerProgram : IAsyncDisposable
{
    private static readonly string Configuration = Path.Combine(BuiltProject.Root, "MilvusTracing.Hosting", "Jaeger");

    private readonly HttpClient _http = new();
    private readonly ChildProcess _process;
    private readonly int _otlp;
    private readonly int _ui;

    private JaegerProgram(ChildProcess process, int otlp, int ui) => (_process, _otlp, _ui) = (process, otlp, ui);

    private static string Program => Environment.GetEnvironmentVariable("JAEGER_PROGRAM")
        ?? throw new InvalidOperationException("JAEGER_PROGRAM is not set; expected the path of Jaeger v2's program.");

    /// <param name="change">Configures the resource.</param>
    /// <param name="dashboard">Where it relays to.</param>
    /// <param name="data">Its data folder.</param>
    public static async Task<JaegerProgram> StartAsync(Action<IResourceBuilder<JaegerResource>> change, OtlpReceiver dashboard, string? data = null)
    {
        var (arguments, environment) = await ConfigurationAsync(change);
        environment["DASHBOARD_OTLP_ENDPOINT"] = dashboard.GrpcEndpoint.Authority;
        environment["JAEGER_LISTEN_HOST"] = "127.0.0.1";
        environment["BADGER_FOLDER"] = data;
        var held = Enumerable.Range(0, 5).Select(_ => new HeldPort()).ToArray();
        var ports = held.Select(port => port.Number).ToArray();
        arguments.AddRange(
        [
            $"--set=receivers.otlp.protocols.http.endpoint=127.0.0.1:{ports[0]}",
            $"--set=extensions.jaeger_query.http.endpoint=127.0.0.1:{ports[1]}",
            $"--set=receivers.otlp.protocols.grpc.endpoint=127.0.0.1:{ports[2]}",
            $"--set=extensions.jaeger_query.grpc.endpoint=127.0.0.1:{ports[3]}",
            $"--set=extensions.healthcheckv2.http.endpoint=127.0.0.1:{ports[4]}",
            "--set=service.telemetry.metrics.level=none",
        ]);
        Array.ForEach(held, port => port.Dispose());
        var process = ChildProcess.Start(Program, arguments, environment);
        await process.WaitForLineAsync("Everything is ready");
        return new JaegerProgram(process, ports[0], ports[1]);
    }

    /// <summary>Has Jaeger look at its configuration.</summary>
    /// <returns>Its exit code, and what it says.</returns>
    public static async Task<(int ExitCode, string Output)> ValidateAsync(Action<IResourceBuilder<JaegerResource>> change, bool withDashboard)
    {
        var (arguments, environment) = await ConfigurationAsync(change, withDashboard);
        await using var process = ChildProcess.Start(Program, ["validate", .. arguments], environment);
        return (await process.WaitForExitAsync(), process.Output);
    }

    public async Task SendAsync(string service, IEnumerable<Span> spans)
    {
        foreach (var part in spans.Chunk(1_000))
        {
            var answer = await _http.PostAsJsonAsync($"http://127.0.0.1:{_otlp}/v1/traces", new
            {
                resourceSpans = new[]
                {
                    new
                    {
                        resource = new { attributes = new[] { new { key = "service.name", value = new { stringValue = service } } } },
                        scopeSpans = new[] { new { spans = part.Select(span => span.ToOtlp()) } },
                    },
                },
            });
            answer.EnsureSuccessStatusCode();
        }
    }

    /// <returns>The number of spans of each stored trace in which the service takes part.</returns>
    public async Task<IReadOnlyDictionary<string, int>> StoredAsync(string service)
    {
        var answer = await _http.GetFromJsonAsync<JsonObject>($"http://127.0.0.1:{_ui}/api/traces?service={service}&limit=10000&lookback=1h");
        return answer!["data"]!.AsArray().ToDictionary(trace => (string)trace!["traceID"]!, trace => trace!["spans"]!.AsArray().Count);
    }

    public async ValueTask DisposeAsync()
    {
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

                change(builder.AddJaeger("recorder"));
            });
        var (environment, arguments) = await model.ConfigurationOfAsync("recorder");
        return (
            [.. arguments.Select(argument => argument.Replace("/etc/jaeger", Configuration))],
            environment.ToDictionary(variable => variable.Key, variable => (string?)variable.Value));
    }

    internal sealed record Span(string TraceId, string Name, DateTimeOffset Start, TimeSpan Duration, bool IsFailed = false)
    {
        private readonly string _id = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray()[..8]);

        public object ToOtlp() => new
        {
            traceId = TraceId,
            spanId = _id,
            name = Name,
            kind = 2,
            startTimeUnixNano = Nanoseconds(Start),
            endTimeUnixNano = Nanoseconds(Start + Duration),
            status = new { code = IsFailed ? 2 : 0 },
        };

        private static string Nanoseconds(DateTimeOffset time) =>
            ((time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick).ToString(CultureInfo.InvariantCulture);
    }
}
