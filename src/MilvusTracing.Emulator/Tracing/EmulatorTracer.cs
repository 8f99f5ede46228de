using System.Diagnostics;
using System.Security.Cryptography;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MilvusTracing.Emulator.Tracing;

/// <summary>
/// Creates the spans that Milvus creates, for its two services: <c>standalone</c>, the Go process, and <c>segcore</c>, the C++
/// core. As in Milvus, the caller's sampled flag decides whether its trace is recorded.
/// </summary>
internal sealed class EmulatorTracer : IAsyncDisposable
{
    public const string ProxyService = "milvus.proto.milvus.MilvusService";
    public const string RootCoord = "milvus.proto.rootcoord.RootCoord";
    public const string DataCoord = "milvus.proto.data.DataCoord";
    public const string QueryCoord = "milvus.proto.query.QueryCoord";

    private const int ShutdownMilliseconds = 3000;
    private static int _count;

    private readonly ActivitySource _standalone;
    private readonly ActivitySource _segcore;
    private readonly TracerProvider[] _providers;

    /// <exception cref="SettingException">OpenTelemetry's exporter rejects one of its variables.</exception>
    public EmulatorTracer(EmulatorSettings settings)
    {
        // OpenTelemetry selects sources by name, and each emulator in a process exports to its own endpoint.
        var name = $"MilvusTracing.Emulator.{Interlocked.Increment(ref _count)}";
        _standalone = new($"{name}.standalone");
        _segcore = new($"{name}.segcore");
        try
        {
            _providers = [Provider(_standalone, "standalone", settings), Provider(_segcore, "segcore", settings)];
        }
        catch (Exception invalid) when (invalid is ArgumentException or IOException or CryptographicException)
        {
            throw new SettingException($"An OTEL_EXPORTER_OTLP_... variable is invalid: {invalid.Message}");
        }
    }

    /// <summary>Starts the server span of a call to the proxy, in the caller's trace.</summary>
    public Activity? StartCall(string method, ActivityContext caller)
    {
        Activity.Current = null; // ASP.NET Core's own activity is not exported, so it must not be the parent
        return WithRpc(_standalone.StartActivity($"{ProxyService}/{method}", ActivityKind.Server, caller), ProxyService, method);
    }

    public Activity? Start(string name) => _standalone.StartActivity(name);

    public Activity? StartInCore(string name) => _segcore.StartActivity(name);

    /// <summary>Starts the client span of a call from the proxy to a coordinator.</summary>
    public Activity? StartRequest(string service, string method) =>
        WithRpc(_standalone.StartActivity($"{service}/{method}", ActivityKind.Client), service, method);

    /// <summary>Runs the work of a coordinator in a client span of the proxy and a server span of the coordinator.</summary>
    public T Coordinate<T>(string service, string method, Func<T> work)
    {
        using var client = StartRequest(service, method);
        using var server = WithRpc(_standalone.StartActivity($"{service}/{method}", ActivityKind.Server), service, method);
        return work();
    }

    /// <summary>Exports the remaining spans, for at most three seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_providers.Select(provider => Task.Run(() =>
        {
            provider.Shutdown(ShutdownMilliseconds);
            provider.Dispose();
        })));
        _standalone.Dispose();
        _segcore.Dispose();
    }

    private static Activity? WithRpc(Activity? span, string service, string method)
    {
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("rpc.system", "grpc").SetTag("rpc.service", service).SetTag("rpc.method", method).SetTag("rpc.grpc.status_code", 0);
        }

        return span;
    }

    private static TracerProvider Provider(ActivitySource source, string service, EmulatorSettings settings)
    {
        var resource = ResourceBuilder.CreateEmpty()
            .AddService(service, autoGenerateServiceInstanceId: false)
            .AddAttributes([new("milvus.emulator", true)]);
        var builder = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(settings.OpenTelemetry))
            .SetResourceBuilder(resource)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.SampleFraction)))
            .AddSource(source.Name);
        if (settings.TracesEndpoint is { } endpoint)
        {
            builder.AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (endpoint, settings.TracesProtocol));
        }

        return builder.Build();
    }
}
