using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Metrics;

/// <summary>The metrics that <c>WithMetrics</c> sends by default.</summary>
internal static partial class CuratedMetrics
{
    /// <summary>Those that Milvus has only after it has compacted or indexed segments, and loaded them.</summary>
    public static readonly string[] UnderLoad =
        ["milvus_datanode_compaction_latency", "milvus_indexnode_build_index_latency", "milvus_querynode_load_segment_latency"];

    /// <summary>The rows of the tables in docs/metrics.md.</summary>
    public static IReadOnlyList<string> Documented { get; } =
        [.. Row().Matches(File.ReadAllText(Path.Combine(BuiltProject.Root, "docs", "metrics.md"))).Select(row => row.Groups["name"].Value)];

    /// <returns>The names in the list of a Collector's configuration.</returns>
    public static IEnumerable<string> InYaml(string yaml) => Item().Matches(yaml).Select(item => item.Groups["name"].Value);

    [GeneratedRegex(@"^\| `(?<name>(milvus|process)_\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^ *- (?<name>(milvus|process)_\w+)$", RegexOptions.Multiline)]
    private static partial Regex Item();
}
