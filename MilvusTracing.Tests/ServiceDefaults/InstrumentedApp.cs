using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>
/// An application with service defaults and no settings but those given. Its name is its own, because activity sources
/// and meters are the process's: an application of another test would export these spans too.
/// </summary>
internal sealed class InstrumentedApp : IAsyncDisposable
{
    public static readonly TimeSpan Limit = Timeouts.Limit;

    private readonly IHost _host;

    private InstrumentedApp(IHost host, string name, CapturedLog log, FakeTimeProvider clock)
    {
        (_host, Name, Log, Clock) = (host, name, log, clock);
        Source = new ActivitySource(name);
        Meter = new Meter(name);
    }

    public string Name { get; }

    public CapturedLog Log { get; }

    public FakeTimeProvider Clock { get; }

    public ActivitySource Source { get; }

    public Meter Meter { get; }

    public IServiceProvider Services => _host.Services;

    public static async Task<InstrumentedApp> StartAsync(
        IReadOnlyDictionary<string, string?> settings,
        Action<HostApplicationBuilder>? configure = null)
    {
        var name = $"app-{Guid.NewGuid():N}";
        var log = new CapturedLog();
        var clock = new FakeTimeProvider();
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = name });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.AddServiceDefaults();
        configure?.Invoke(builder);
        var app = new InstrumentedApp(builder.Build(), name, log, clock);
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

    /// <summary>Starts an application, lets it do something and stops it, which sends what is left.</summary>
    public static async Task<InstrumentedApp> RunAsync(
        IReadOnlyDictionary<string, string?> settings,
        Action<InstrumentedApp> work,
        Action<HostApplicationBuilder>? configure = null)
    {
        await using var app = await StartAsync(settings, configure);
        work(app);
        return app;
    }

    /// <summary>The settings for a destination of everything, one of traces, or both; spans are sent as soon as they are there.</summary>
    public static Dictionary<string, string?> Settings(OtlpReceiver? everything = null, OtlpReceiver? traces = null) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = everything?.GrpcEndpoint.ToString(),
        ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = traces?.GrpcEndpoint.ToString(),
        ["OTEL_BSP_SCHEDULE_DELAY"] = "20",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "20",
    };

    /// <summary>Operations as a database client records them: a span and, in it, that of the call.</summary>
    public void Operate(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            using var operation = Source.StartActivity("search", ActivityKind.Client);
            using var call = Source.StartActivity("call", ActivityKind.Client);
            using var reply = Source.StartActivity("reply");
        }
    }

    /// <summary>Its own spans: the gRPC calls of tests that run beside this one are instrumented too.</summary>
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
