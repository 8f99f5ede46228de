using MilvusTracing.Tests.Hosting.Jaeger;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>
/// Two Jaeger replicas as deploy/kubernetes renders them, with a shared store: a third Jaeger, with Badger and the remote
/// storage API, replaces OpenSearch.
/// </summary>
internal sealed class TwoHubs : IAsyncDisposable
{
    private readonly HubFiles _files;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory();
    private JaegerProgram? _store;

    private TwoHubs(HubFiles files) => _files = files;

    public JaegerProgram First { get; private set; } = null!;

    public JaegerProgram Second { get; private set; } = null!;

    public static async Task<TwoHubs> StartAsync()
    {
        var hubs = new TwoHubs(await HubFiles.CreateAsync("hub"));
        try
        {
            await hubs.StartAllAsync();
            return hubs;
        }
        catch
        {
            await hubs.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var jaeger in new[] { First, Second, _store })
        {
            await (jaeger?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        _files.Dispose();
        _data.Delete(recursive: true);
    }

    private async Task StartAllAsync()
    {
        var remote = $"127.0.0.1:{ReservedPort.Free()}";

        _store = await JaegerProgram.StartAsync(
            [
                $"--config={_files.PathOf("jaeger.yaml")}",
                $"--config={_files.PathOf("badger.yaml")}",
                $"--config={_files.Add("store.yaml", $$"""
                    service:
                      extensions: [jaeger_storage, jaeger_query, healthcheckv2, remote_storage]
                    extensions:
                      remote_storage:
                        endpoint: {{remote}}
                        storage: badger
                    """)}",
            ],
            new Dictionary<string, string?> { ["BADGER_FOLDER"] = _data.FullName });
        // If a backend has two types of storage, Jaeger uses gRPC.
        _files.Arguments.Add($"--config={_files.Add("remote.yaml", $$"""
            extensions:
              jaeger_storage:
                backends:
                  opensearch:
                    grpc:
                      endpoint: {{remote}}
                      tls: {insecure: true}
                      writer:
                        endpoint: {{_store.Otlp.Authority}}
                        tls: {insecure: true}
            """)}");
        First = await _files.StartAsync();
        Second = await _files.StartAsync();
    }
}
