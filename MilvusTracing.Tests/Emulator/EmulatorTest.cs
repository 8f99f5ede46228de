using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Tests.Emulator;

/// <summary>A test with an emulator of its own.</summary>
public abstract class EmulatorTest : IAsyncLifetime
{
    internal MilvusEmulator Emulator { get; private set; } = null!;

    internal MilvusCalls Milvus { get; private set; } = null!;

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
