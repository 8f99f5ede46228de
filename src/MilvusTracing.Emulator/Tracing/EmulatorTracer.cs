using System.Diagnostics;
using System.Security.Cryptography;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MilvusTracing.Emulator.Tracing;

/// <summary>
/// Makes the spans that Milvus makes, in the names of its two services: <c>standalone</c>, its Go part, and
/// <c>segcore</c>, its C++ core. As in Milvus, the caller says whether its trace is recorded.
/// </summary>
internal sealed class EmulatorTracer : IAsyncDisposable
{
    public const string ProxyService = "milvus.proto.milvus.MilvusService";
    public const string RootCoord = "milvus.proto.rootcoord.RootCoord";
    public const string DataCoord = "milvus.proto.data.DataCoord";
    public const string QueryCoord = "milvus.proto.query.QueryCoord";

    private const int ShutdownMilliseconds = 3000;
    private static int _started;

    private readonly ActivitySource _standalone;
    private readonly ActivitySource _segcore;
    private readonly TracerProvider[] _providers;

    /// <exception cref="SettingException">OpenTelemetry's exporter refuses its own variables.</exception>
    public EmulatorTracer(EmulatorSettings settings)
    {
        // OpenTelemetry finds sources by name, and other emulators in this process have their own destinations.
        var name = $"MilvusTracing.Emulator.{Interlocked.Increment(ref _started)}";
        _standalone = new($"{name}.standalone");
        _segcore = new($"{name}.segcore");
        try
        {
            _providers = [Provider(_standalone, "standalone", settings), Provider(_segcore, "segcore", settings)];
        }
        catch (Exception refused) when (refused is ArgumentException or IOException or CryptographicException)
        {
            throw new SettingException($"An OTEL_EXPORTER_OTLP_... variable cannot be used: {refused.Message}");
        }
    }

    /// <summary>The span of a call to the proxy, continuing the caller's trace.</summary>
    public Activity? StartCall(string method, ActivityContext caller)
    {
        Activity.Current = null; // ASP.NET Core's own activity, which is not exported
        return WithRpc(_standalone.StartActivity($"{ProxyService}/{method}", ActivityKind.Server, caller), ProxyService, method);
    }

    public Activity? Start(string name) => _standalone.StartActivity(name);

    public Activity? StartInCore(string name) => _segcore.StartActivity(name);

    /// <summary>The proxy's side of a call to a coordinator.</summary>
    public Activity? StartRequest(string service, string method) =>
        WithRpc(_standalone.StartActivity($"{service}/{method}", ActivityKind.Client), service, method);

    /// <summary>Runs what a coordinator does, in the spans of the proxy's call to it and of its own side of that.</summary>
    public T Coordinate<T>(string service, string method, Func<T> work)
    {
        using var client = StartRequest(service, method);
        using var server = WithRpc(_standalone.StartActivity($"{service}/{method}", ActivityKind.Server), service, method);
        return work();
    }

    /// <summary>Sends what is left, for a few seconds at most.</summary>
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
