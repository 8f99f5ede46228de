using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Failures;

/// <summary>A Milvus and two telemetry backends, and the built worker that uses them in a burst of passes.</summary>
public abstract class TwoBackends : IAsyncLifetime
{
    private MilvusEmulator _milvus = null!;

    private protected OtlpReceiver Dashboard { get; private set; } = null!;

    private protected OtlpReceiver Jaeger { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Dashboard = await OtlpReceiver.StartAsync();
        Jaeger = await OtlpReceiver.StartAsync();
        _milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
    }

    public async Task DisposeAsync()
    {
        await _milvus.DisposeAsync();
        await Jaeger.DisposeAsync();
        await Dashboard.DisposeAsync();
    }

    private protected ChildProcess StartWorker(int passes, params (string Name, string Value)[] more) => WorkerProcess.Start(
        $"Endpoint={_milvus.Address};Key=root:Milvus",
        passes,
        Dashboard,
        Jaeger.GrpcEndpoint.ToString(),
        [("Worker__Interval", "0.001"), .. more]);
}
