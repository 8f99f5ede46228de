using System.Diagnostics;
using System.Text.Json;

namespace MilvusTracing.Benchmarks.Client;

/// <summary>
/// A process of its own that searches on request, so that a traced and an untraced client can be compared
/// without sharing activity listeners, heap or connections.
/// </summary>
internal sealed class ClientProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ClientProcess(Process process) => _process = process;

    public static async Task<ClientProcess> StartAsync(
        ClientKind kind, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [SearchClient.Verb, $"{kind}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var name in Bench.TelemetryVariables)
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var client = new ClientProcess(Process.Start(start)!);
        await client.RunAsync(new Request(Operations: 200), cancellationToken);
        return client;
    }

    public async Task<Answer> RunAsync(Request request, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, ProtocolContext.Default.Request).AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The client process ended early; its error output says why.");
        return JsonSerializer.Deserialize(line, ProtocolContext.Default.Answer)!;
    }

    /// <summary>Ends the client the way that an application ends: its telemetry is flushed.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StopAsync(CancellationToken.None);
        }

        _process.Dispose();
    }
}
