using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Trace;

namespace MilvusTracing.Benchmarks;

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
        if (kind == ClientKind.Template)
        {
            builder.Logging.AddOpenTelemetry();
            builder.AddOpenTelemetry().UseOtlpExporter()
                .WithMetrics(metrics => metrics.AddMeter("System.Runtime"))
                .WithTracing(tracing => tracing.AddSource(builder.Environment.ApplicationName).AddGrpcClientInstrumentation());
        }
        else if (kind is ClientKind.Traced or ClientKind.TracedAlone)
        {
            builder.AddServiceDefaults();
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
        var failed = 0;
        await Parallel.ForAsync(0, traces.Length, new ParallelOptions { MaxDegreeOfParallelism = request.Concurrency }, async (trace, _) =>
        {
            // The root span is the parent of all searches of its trace.
            using var root = kind == ClientKind.MilvusAlone
                ? new Activity("burst") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start()
                : source.StartActivity("burst");
            traces[trace] = root?.TraceId.ToHexString();
            for (var index = trace * request.PerTrace; index < Math.Min(request.Searches, (trace + 1) * request.PerTrace); index++)
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
        });
        var processorTime = Environment.CpuUsage.TotalTime.TotalMicroseconds;
        return new(durations, failed, [.. traces.OfType<string>()], GC.GetTotalAllocatedBytes(), processorTime);
    }
}

/// <summary>A process that runs searches on request. Clients in separate processes share no listeners, heap or connections.</summary>
internal sealed class ClientProcess(Process process, CancellationToken cancellationToken) : IAsyncDisposable
{
    /// <summary>The service name of the client's spans.</summary>
    public const string Service = "bench-client";

    /// <summary>Starts a client with the environment that <c>WithAppForwarding</c> sets, and warms it up.</summary>
    public static async Task<ClientProcess> StartAsync(ClientKind kind, Bench bench)
    {
        await bench.BackendsAsync();
        string[] arguments = [SearchClient.Verb, $"{kind}"];
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["ConnectionStrings__milvus"] = Bench.Milvus;
        start.Environment["OTEL_SERVICE_NAME"] = Service;
        start.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = Backends.DashboardOtlp.OriginalString;
        start.Environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = Backends.Otlp.OriginalString;
        start.Environment["OTEL_BSP_MAX_QUEUE_SIZE"] = "32768";
        var client = new ClientProcess(Process.Start(start)!, bench.CancellationToken);
        await client.SearchAsync(new SearchRequest(bench.Count(1_000)));
        return client;
    }

    public async Task<SearchResponse> SearchAsync(SearchRequest request)
    {
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request).AsMemory(), cancellationToken);
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The client process ended unexpectedly; see its error output.");
        return JsonSerializer.Deserialize<SearchResponse>(line)!;
    }

    /// <summary>Shuts the client down like any application, so that it exports its remaining telemetry.</summary>
    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}

/// <summary>A request to a client process: a line of JSON on its standard input.</summary>
/// <param name="Searches">The number of searches.</param>
/// <param name="Concurrency">The number of traces, and so of searches, at a time.</param>
/// <param name="PerTrace">The number of searches in a trace.</param>
internal sealed record SearchRequest(int Searches, int Concurrency = 1, int PerTrace = 100);

/// <summary>The response of a client process: a line of JSON on its standard output.</summary>
/// <param name="Milliseconds">The duration of each search.</param>
/// <param name="Failed">The number of failed searches.</param>
/// <param name="TraceIds">The traces, each with a root span and a span for each search; empty if the client is not traced.</param>
/// <param name="AllocatedBytes">The bytes that the process has allocated since its start.</param>
/// <param name="CpuMicroseconds">The processor time of the process since its start.</param>
internal sealed record SearchResponse(double[] Milliseconds, int Failed, string[] TraceIds, long AllocatedBytes, double CpuMicroseconds);
