using System.Diagnostics;
using System.Text.Json;

namespace MilvusTracing.Benchmarks.Client;

/// <summary>A process that runs searches on request. Clients in separate processes share no listeners, heap or connections.</summary>
internal sealed class ClientProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly CancellationToken _cancellationToken;

    private ClientProcess(Process process, CancellationToken cancellationToken) => (_process, _cancellationToken) = (process, cancellationToken);

    /// <summary>Starts a client and warms it up.</summary>
    public static async Task<ClientProcess> StartAsync(ClientKind kind, Bench bench)
    {
        string[] arguments = [SearchClient.Verb, $"{kind}"];
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in Bench.ClientEnvironment(await bench.HubAsync()))
        {
            start.Environment[name] = value;
        }

        var client = new ClientProcess(Process.Start(start)!, bench.CancellationToken);
        await client.SearchAsync(new SearchRequest(bench.Count(1_000)));
        return client;
    }

    public async Task<SearchResponse> SearchAsync(SearchRequest request)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request).AsMemory(), _cancellationToken);
        await _process.StandardInput.FlushAsync(_cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(_cancellationToken)
            ?? throw new InvalidOperationException("The client process ended unexpectedly; see its error output.");
        return JsonSerializer.Deserialize<SearchResponse>(line)!;
    }

    /// <summary>Shuts the client down like any application, so that it exports its remaining telemetry.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
