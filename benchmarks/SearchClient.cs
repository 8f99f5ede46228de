using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Milvus.Client;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Trace;

namespace MilvusTracing.Benchmarks.Client;

/// <summary>How a client process is traced.</summary>
internal enum ClientKind
{
    /// <summary>Not at all.</summary>
    Untraced,

    /// <summary>
    /// As Aspire's service defaults template does it, with the gRPC instrumentation that the template has in a comment, and
    /// without the HttpClient instrumentation, which would add a second span to each call.
    /// </summary>
    Template,

    /// <summary>As MilvusTracing.ServiceDefaults does it.</summary>
    Traced,

    /// <summary>As <see cref="Traced"/>, but without <c>traceparent</c>: Milvus records no spans. This measures the client's share.</summary>
    TracedAlone,

    /// <summary>Only with <c>traceparent</c>: the client records no spans. This measures Milvus's share.</summary>
    MilvusAlone,
}

/// <summary>The main program of a client process: an application that searches Milvus.</summary>
internal static class SearchClient
{
    public const string Verb = "client";

    public static async Task RunAsync(ClientKind kind)
    {
        if (kind == ClientKind.TracedAlone)
        {
            Sdk.SetDefaultTextMapPropagator(new CompositeTextMapPropagator([]));
            DistributedContextPropagator.Current = DistributedContextPropagator.CreateNoOutputPropagator();
        }

        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.AddMilvusClient("milvus");
        switch (kind)
        {
            case ClientKind.Template:
                builder.Logging.AddOpenTelemetry();
                builder.AddOpenTelemetry().UseOtlpExporter()
                    .WithMetrics(metrics => metrics.AddMeter("System.Runtime"))
                    .WithTracing(tracing => tracing.AddSource(builder.Environment.ApplicationName).AddGrpcClientInstrumentation());
                break;
            case ClientKind.Traced or ClientKind.TracedAlone:
                builder.AddServiceDefaults();
                break;
        }

        using var source = new ActivitySource(builder.Environment.ApplicationName);
        using var host = builder.Build();
        await host.StartAsync();
        var collection = host.Services.GetRequiredService<MilvusClient>().GetCollection(Bench.Collection);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var request = JsonSerializer.Deserialize<SearchRequest>(line)!;
            Console.WriteLine(JsonSerializer.Serialize(await SearchAsync(kind, collection, source, request)));
        }

        await host.StopAsync();
    }

    private static async Task<SearchResponse> SearchAsync(ClientKind kind, MilvusCollection collection, ActivitySource source, SearchRequest request)
    {
        var durations = new double[request.Searches];
        var traces = new string?[(request.Searches + request.PerTrace - 1) / request.PerTrace];
        var (lastTrace, failed) = (-1, 0);
        await Task.WhenAll(Enumerable.Range(0, request.Concurrency).Select(_ => Task.Run(WorkAsync)));
        var processorTime = Environment.CpuUsage.TotalTime.TotalMicroseconds;
        return new(durations, failed, [.. traces.OfType<string>()], GC.GetTotalAllocatedBytes(), processorTime);

        async Task WorkAsync()
        {
            // Each task runs whole traces: the root span is the parent of all searches of its trace.
            for (int trace; (trace = Interlocked.Increment(ref lastTrace)) < traces.Length;)
            {
                Activity.Current = null;
                using var root = kind == ClientKind.MilvusAlone
                    ? new Activity("burst") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start()
                    : source.StartActivity("burst");
                traces[trace] = root?.TraceId.ToHexString();
                var end = Math.Min(request.Searches, (trace + 1) * request.PerTrace);
                for (var index = trace * request.PerTrace; index < end; index++)
                {
                    var started = Stopwatch.GetTimestamp();
                    try
                    {
                        await Bench.SearchAsync(collection);
                    }
                    catch (Exception)
                    {
                        Interlocked.Increment(ref failed);
                    }

                    durations[index] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                }
            }
        }
    }
}
