using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Milvus.Client;
using MilvusTracing.Worker.Settings;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;

namespace MilvusTracing.Benchmarks.Client;

/// <summary>
/// The client process: an application that searches, with the service defaults or without them.
/// </summary>
internal static class SearchClient
{
    public const string Verb = "client";

    private static readonly ActivitySource Source = new(typeof(SearchClient).Assembly.GetName().Name!);

    public static async Task RunAsync(ClientKind kind)
    {
        if (kind == ClientKind.TracedAlone)
        {
            Sdk.SetDefaultTextMapPropagator(new CompositeTextMapPropagator([]));
            DistributedContextPropagator.Current = DistributedContextPropagator.CreateNoOutputPropagator();
        }

        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.AddMilvus();
        if (kind != ClientKind.Untraced)
        {
            builder.AddServiceDefaults();
        }

        using var host = builder.Build();
        await host.StartAsync();
        var collection = host.Services.GetRequiredService<MilvusClient>().GetCollection(Catalog.Collection);

        while (await Console.In.ReadLineAsync() is { } line)
        {
            var request = JsonSerializer.Deserialize(line, ProtocolContext.Default.Request)!;
            var parameters = new SearchParameters
            {
                ConsistencyLevel = request.Strong ? ConsistencyLevel.Strong : ConsistencyLevel.Eventually,
            };
            var answer = await SearchAsync(request, () => collection.SearchAsync(
                Catalog.Vector, [Catalog.Query], SimilarityMetricType.Cosine, limit: 3, parameters));
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(answer, ProtocolContext.Default.Answer));
        }

        await host.StopAsync();
    }

    private static async Task<Answer> SearchAsync(Request request, Func<Task> search)
    {
        var durations = new double[request.Operations];
        var traces = new string?[(request.Operations + request.PerTrace - 1) / request.PerTrace];
        var (taken, failed, recorded) = (-1, 0, 0);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        await Task.WhenAll(Enumerable.Range(0, request.Concurrency).Select(_ => Task.Run(WorkAsync)));
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        // A root, and a span for each search.
        var spans = recorded + (request.Operations * Math.Min(recorded, 1));
        return new(durations, allocated, failed, [.. traces.OfType<string>()], spans);

        async Task WorkAsync()
        {
            // A worker takes whole traces, so that a root is the parent of all of its searches.
            for (int trace; (trace = Interlocked.Increment(ref taken)) < traces.Length;)
            {
                Activity.Current = null;
                using var root = Source.StartActivity("burst");
                if (root is { Recorded: true })
                {
                    traces[trace] = root.TraceId.ToHexString();
                    Interlocked.Increment(ref recorded);
                }

                var end = Math.Min(request.Operations, (trace + 1) * request.PerTrace);
                for (var index = trace * request.PerTrace; index < end; index++)
                {
                    var started = Stopwatch.GetTimestamp();
                    try
                    {
                        await search();
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
