using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Worker;

/// <summary>The worker as native code, with the packages that it references.</summary>
public sealed class NativeAotTests
{
    [RequiresFact(Capability.NativeAot)]
    public async Task The_worker_compiles_to_native_code_without_warnings_of_ours_and_runs_a_pass()
    {
        await using var publish = ChildProcess.Start("dotnet", ["publish", .. Capability.NativeWorker]);
        // Warnings are errors in this repository, but for those of an assembly as a whole.
        (await publish.WaitForExitAsync(TimeSpan.FromMinutes(10))).ShouldBe(0, publish.Output);
        publish.Lines.ShouldNotContain(line => line.Contains("Assembly 'MilvusTracing"));
        var folder = publish.Lines.Last(line => line.Contains("-> ")).Split("-> ")[1];

        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
        await using var worker = ChildProcess.Start(Path.Combine(folder, "MilvusTracing.Worker"), [], new Dictionary<string, string?>
        {
            ["ConnectionStrings__milvus"] = $"Endpoint={milvus.Address};Key=root:Milvus",
            ["Worker__Passes"] = "1",
        });

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        worker.Output.ShouldContain("quick_setup passed: 10 operations");
    }
}
