using System.Diagnostics;
using System.Text.Json;

namespace MilvusTracing.Benchmarks.Client;

/// <summary>What is asked of a client process: one line of JSON on its standard input.</summary>
/// <param name="Searches">How many to run.</param>
/// <param name="Concurrency">How many of them at a time.</param>
/// <param name="PerTrace">How many share a trace.</param>
internal sealed record Request(int Searches, int Concurrency = 1, int PerTrace = 100);

/// <summary>What it answers: one line of JSON on its standard output.</summary>
/// <param name="Milliseconds">The duration of each search.</param>
/// <param name="Failed">How many failed.</param>
/// <param name="TraceIds">The traces that they belong to, each with a root and a span for each search; empty when untraced.</param>
/// <param name="AllocatedBytes">What the process has allocated since its start.</param>
/// <param name="CpuMicroseconds">The processor time that it has taken since its start.</param>
internal sealed record Answer(double[] Milliseconds, int Failed, string[] TraceIds, long AllocatedBytes, double CpuMicroseconds)
{
    /// <summary>How many spans the process has made for it.</summary>
    public int Spans => TraceIds.Length > 0 ? TraceIds.Length + Milliseconds.Length : 0;

    public double Percentile(double fraction) => Samples.Percentile([.. Milliseconds.Order()], fraction);
}

/// <summary>A process of its own that searches on request, so that clients share no listeners, heap or connections.</summary>
internal sealed class ClientProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ClientProcess(Process process) => _process = process;

    /// <summary>Starts a client and warms it up.</summary>
    public static async Task<ClientProcess> StartAsync(ClientKind kind, Bench bench, Hub hub, CancellationToken cancellationToken)
    {
        var client = new ClientProcess(Bench.Start(Environment.ProcessPath!, [SearchClient.Verb, $"{kind}"], bench.ClientEnvironment(hub)));
        await client.RunAsync(new Request(bench.Count(1_000)), cancellationToken);
        return client;
    }

    public async Task<Answer> RunAsync(Request request, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request).AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The client process ended early; its error output says why.");
        return JsonSerializer.Deserialize<Answer>(line)!;
    }

    /// <summary>Ends the client the way that an application ends: its telemetry is flushed.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
