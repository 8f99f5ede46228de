using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>
/// An application with service defaults and only the given settings. It has a unique name, because activity sources and
/// meters are process-wide: applications of other tests would export its spans too.
/// </summary>
internal sealed class InstrumentedApp : IAsyncDisposable
{
    public static readonly TimeSpan Limit = Timeouts.Limit;

    private readonly IHost _host;

    private InstrumentedApp(IHost host, string name, FakeTimeProvider clock)
    {
        (_host, Name, Log, Clock) = (host, name, host.Services.GetRequiredService<FakeLogCollector>(), clock);
        Source = new ActivitySource(name);
        Meter = new Meter(name);
    }

    public string Name { get; }

    public FakeLogCollector Log { get; }

    public IReadOnlyList<string> Warnings =>
        [.. Log.GetSnapshot().Where(record => record.Level >= LogLevel.Warning).Select(record => record.Message)];

    public FakeTimeProvider Clock { get; }

    public ActivitySource Source { get; }

    public Meter Meter { get; }

    public IServiceProvider Services => _host.Services;

    public static async Task<InstrumentedApp> StartAsync(Dictionary<string, string?> settings, Action<HostApplicationBuilder>? configure = null)
    {
        var name = $"app-{Guid.NewGuid():N}";
        var clock = new FakeTimeProvider();
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = name });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.AddFakeLogging();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.AddServiceDefaults();
        configure?.Invoke(builder);
        var app = new InstrumentedApp(builder.Build(), name, clock);
        try
        {
            await app._host.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return app;
    }

    /// <summary>Starts an application, runs <paramref name="work"/> and stops it, which flushes its telemetry.</summary>
    public static async Task<InstrumentedApp> RunAsync(
        Dictionary<string, string?> settings, Action<InstrumentedApp> work, Action<HostApplicationBuilder>? configure = null)
    {
        await using var app = await StartAsync(settings, configure);
        work(app);
        return app;
    }

    /// <summary>Settings with a short export delay.</summary>
    /// <param name="everything">The endpoint for all signals.</param>
    /// <param name="traces">The endpoint for traces.</param>
    /// <param name="more">Other variables, without <c>OTEL_</c>.</param>
    public static Dictionary<string, string?> Settings(
        OtlpReceiver? everything = null, OtlpReceiver? traces = null, params (string Name, string? Value)[] more)
    {
        var settings = new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = everything?.GrpcEndpoint.ToString(),
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = traces?.GrpcEndpoint.ToString(),
            ["OTEL_BSP_SCHEDULE_DELAY"] = "20",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "20",
        };
        Array.ForEach(more, setting => settings[$"OTEL_{setting.Name}"] = setting.Value);
        return settings;
    }

    /// <summary>Records operations like a database client, with three spans each.</summary>
    public void Operate(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            using var operation = Source.StartActivity("search", ActivityKind.Client);
            using var call = Source.StartActivity("call", ActivityKind.Client);
            using var reply = Source.StartActivity("reply");
        }
    }

    public Task WaitForWarningsAsync(int count) =>
        Timeouts.PollAsync(() => Warnings.Count >= count, () => string.Join('\n', Log.GetSnapshot().Select(record => record.Message)));

    /// <summary>The spans of this application; it exports instrumented gRPC calls of concurrent tests too.</summary>
    public IReadOnlyList<ReceivedSpan> SpansIn(OtlpReceiver receiver) => [.. receiver.Spans.Where(span => span.Scope == Name)];

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _host.StopAsync();
        }
        finally
        {
            await ((IAsyncDisposable)_host).DisposeAsync();
            Source.Dispose();
            Meter.Dispose();
        }
    }
}
