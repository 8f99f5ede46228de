using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Tests.Emulator;

/// <summary>A test with its own emulator and a client of it.</summary>
public abstract class EmulatorTest : IAsyncLifetime
{
    internal MilvusEmulator Emulator { get; private set; } = null!;

    internal TestMilvusClient Milvus { get; private set; } = null!;

    internal MilvusService.MilvusServiceClient Client => Milvus.Client;

    public async Task InitializeAsync()
    {
        Emulator = await MilvusEmulator.StartAsync(new() { Port = 0 });
        Milvus = new(Emulator.Address);
    }

    public async Task DisposeAsync()
    {
        Milvus.Dispose();
        await Emulator.DisposeAsync();
    }
}
