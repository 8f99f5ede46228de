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

/// <summary>What a client process does about tracing.</summary>
internal enum ClientKind
{
    /// <summary>Nothing.</summary>
    Untraced,

    /// <summary>
    /// What Aspire's own service-defaults template does, with the gRPC instrumentation that it offers in a comment; without
    /// that of HttpClient, which would add a second span to each call.
    /// </summary>
    Template,

    /// <summary>What MilvusTracing.ServiceDefaults does.</summary>
    Traced,

    /// <summary>The same without <c>traceparent</c>: Milvus records nothing, so what is left is the client's own part.</summary>
    TracedAlone,

    /// <summary>No spans, but a <c>traceparent</c> that says that there are: what is left is Milvus's own part.</summary>
    MilvusAlone,
}

/// <summary>The client process: an application that searches.</summary>
internal static class SearchClient
{
    public const string Verb = "client";

    private static readonly SearchParameters Parameters = new() { ConsistencyLevel = ConsistencyLevel.Eventually };

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
            var request = JsonSerializer.Deserialize<Request>(line)!;
            Console.WriteLine(JsonSerializer.Serialize(await SearchAsync(kind, collection, source, request)));
        }

        await host.StopAsync();
    }

    private static async Task<Answer> SearchAsync(ClientKind kind, MilvusCollection collection, ActivitySource source, Request request)
    {
        var durations = new double[request.Searches];
        var traces = new string?[(request.Searches + request.PerTrace - 1) / request.PerTrace];
        var (taken, failed) = (-1, 0);
        await Task.WhenAll(Enumerable.Range(0, request.Concurrency).Select(_ => Task.Run(WorkAsync)));
        return new(durations, failed, [.. traces.OfType<string>()], GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime.TotalMicroseconds);

        async Task WorkAsync()
        {
            // A worker takes whole traces, so that a root is the parent of all of its searches.
            for (int trace; (trace = Interlocked.Increment(ref taken)) < traces.Length;)
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
                        await collection.SearchAsync("vector", [Bench.Query], SimilarityMetricType.Cosine, limit: 3, Parameters);
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
