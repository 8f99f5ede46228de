namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>What a newcomer waits for: a clone of what is committed here, with nothing of NuGet's in place.</summary>
internal sealed class CleanClone : Benchmark
{
    public override string Name => "clone";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("milvus-tracing-clone-").FullName;
        try
        {
            var clone = Path.Combine(folder, "clone");
            var environment = new Dictionary<string, string?> { ["NUGET_PACKAGES"] = Path.Combine(folder, "packages") };
            await RunOnce.RunAsync("/", "usr/bin/git", ["clone", "--quiet", Environment.CurrentDirectory, clone], cancellationToken);
            progress.Report("./run --once --emulator, cold");
            var (cold, _) = await RunOnce.RunAsync(clone, "./run", ["--once", "--emulator"], cancellationToken, environment);
            progress.Report("./test");
            var (test, output) = await RunOnce.RunAsync(clone, "./test", [], cancellationToken, environment);
            return
            [
                new("./run --once --emulator, a clean clone, nothing but the SDK", Samples.Of([cold]), "s", null, "packages fetched and built, too"),
                new("./test after it", Samples.Of([test / 60]), "min", 10, output.TrimEnd().Split('\n')[^1]),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
