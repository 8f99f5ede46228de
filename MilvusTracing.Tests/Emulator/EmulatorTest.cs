using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Tests.Emulator;

/// <summary>A test with its own emulator and a client of it.</summary>
public abstract class EmulatorTest : IAsyncLifetime
{
    internal MilvusEmulator Emulator { get; private set; } = null!;

    internal TestMilvusClient Milvus { get; private set; } = null!;

    internal MilvusService.MilvusServiceClient Client => Milvus.Client;

    internal virtual EmulatorSettings Settings => new() { Port = 0 };

    public virtual async Task InitializeAsync()
    {
        Emulator = await MilvusEmulator.StartAsync(Settings);
        Milvus = new(Emulator.Address);
    }

    public virtual async Task DisposeAsync()
    {
        Milvus.Dispose();
        await Emulator.DisposeAsync();
    }
}
