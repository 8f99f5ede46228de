using MilvusTracing.Tests.Support;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>The first run and the tests in a clone of the committed files, with an empty NuGet packages folder.</summary>
internal static class CleanClone
{
    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var folder = Directory.CreateTempSubdirectory("milvus-tracing-clone-").FullName;
        try
        {
            var clone = Path.Combine(folder, "clone");
            var environment = new Dictionary<string, string?> { ["NUGET_PACKAGES"] = Path.Combine(folder, "packages") };
            await RunOnce.RunAsync(bench, "git", ["clone", "--quiet", BuiltProject.Root, clone]);
            bench.Progress("./run --once --emulator");
            var (run, _) = await RunOnce.RunAsync(bench, Path.Combine(clone, "run"), ["--once", "--emulator"], environment);
            yield return new("./run --once --emulator in a clean clone with only the SDK", Samples.Of(run), "s", null, "includes restore and build");
            bench.Progress("./test");
            var (test, output) = await RunOnce.RunAsync(bench, Path.Combine(clone, "test"), [], environment);
            yield return new("./test after it", Samples.Of(test / 60), "min", 10, output.TrimEnd().Split('\n')[^1]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
