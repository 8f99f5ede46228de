using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Verification;

/// <summary>
/// A client of a real Milvus with one call per trace, instrumented correctly or with a fault.
/// </summary>
internal sealed class MilvusCaller : IDisposable
{
    private const string Method = "milvus.proto.milvus.MilvusService/GetVersion";

    /// <summary>The random flag of W3C Trace Context Level 2.</summary>
    private const ActivityTraceFlags RandomFlag = (ActivityTraceFlags)2;

    private readonly string _service = $"caller-{Guid.NewGuid():N}";
    private readonly ActivitySource _source;
    private readonly TracerProvider _tracing;

    public MilvusCaller(Sampler? sampler = null)
    {
        _source = new ActivitySource(_service);
        _tracing = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService(_service))
            .AddSource(_service)
            .SetSampler(sampler ?? new AlwaysOnSampler())
            .AddOtlpExporter(otlp =>
            {
                otlp.Endpoint = new Uri(RealServers.Jaeger);
                otlp.Protocol = OtlpExportProtocol.Grpc;
            })
            .Build();
    }

    public string Service => _service;

    /// <summary>Calls Milvus below a root span and exports the spans.</summary>
    /// <param name="parent">Which span's id is sent as the parent.</param>
    /// <returns>The trace id.</returns>
    public async Task<string> CallAsync(SentParent parent)
    {
        using var root = _source.StartActivity("pass") ?? new Activity("pass").SetIdFormat(ActivityIdFormat.W3C).Start();
        var sampled = root.ActivityTraceFlags & ActivityTraceFlags.Recorded;
        root.ActivityTraceFlags = parent == SentParent.RandomTraceFlag ? sampled | RandomFlag : sampled;
        using (var call = _source.StartActivity(Method, ActivityKind.Client))
        {
            call?.SetTag("rpc.system.name", "grpc");
            call?.SetTag("rpc.method", Method);
            await PostAsync(parent, call ?? root);
        }

        root.Stop();
        _tracing.ForceFlush();
        return root.TraceId.ToHexString();
    }

    public void Dispose()
    {
        _tracing.Dispose();
        _source.Dispose();
    }

    private static async Task PostAsync(SentParent parent, Activity call)
    {
        using var handler = new SocketsHttpHandler();
        if (parent != SentParent.HttpClientActivity)
        {
            handler.ActivityHeadersPropagator = null;
        }

        using var client = new HttpClient(handler);
        var endpoint = RealServers.Milvus
            .Split(';').Single(part => part.StartsWith("Endpoint=", StringComparison.OrdinalIgnoreCase))["Endpoint=".Length..];
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(endpoint), Method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (parent is SentParent.ClientSpan or SentParent.RandomTraceFlag)
        {
            request.Headers.Add("traceparent", call.Id);
        }

        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }
}

internal enum SentParent
{
    /// <summary>The gRPC client span, which is correct.</summary>
    ClientSpan,

    /// <summary>The gRPC client span, with the random flag that SDKs of 2026 set.</summary>
    RandomTraceFlag,

    /// <summary>HttpClient's own activity below it, which is not exported.</summary>
    HttpClientActivity,

    /// <summary>No traceparent.</summary>
    Nothing,
}
