using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Support;

/// <summary>Whether a backend received what the worker's log says was done.</summary>
internal static partial class Delivery
{
    /// <summary>The pass's root span and one span of each operation are there, for each pass, and no span lacks its parent.</summary>
    public static void ShouldHoldEveryPassOf(this OtlpReceiver receiver, ChildProcess worker)
    {
        var passes = worker.Lines.Select(line => PassedLine().Match(line)).Where(match => match.Success).ToList();
        var traces = receiver.Spans.ToLookup(span => span.TraceId);

        passes.ShouldNotBeEmpty();
        foreach (var pass in passes)
        {
            // Milvus is asked how far it is with loading until it is done, which belongs to load_collection.
            var spans = traces[WorkerProcess.TraceId(pass.Value)].Where(span => span.Service == "milvus-client" && !span.Name.StartsWith("get_loading_progress")).ToList();
            spans.Count.ShouldBe(1 + int.Parse(pass.Groups["operations"].Value), pass.Value);
        }

        receiver.ShouldHaveNoOrphans();
    }

    public static void ShouldHaveNoOrphans(this OtlpReceiver receiver)
    {
        var ids = receiver.Spans.Select(span => span.SpanId).Append("").ToHashSet();
        receiver.Spans.ShouldAllBe(span => ids.Contains(span.ParentSpanId));
    }

    [GeneratedRegex("quick_setup passed: (?<operations>[0-9]+) operations .*")]
    private static partial Regex PassedLine();
}
