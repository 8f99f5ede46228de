using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Support;

/// <summary>Compares the spans that a backend received with the passes that the worker logged.</summary>
internal static partial class Delivery
{
    /// <summary>Asserts that each pass has its root span and one span for each operation, and that every parent was received.</summary>
    public static void ShouldHoldEveryPassOf(this OtlpReceiver receiver, ChildProcess worker)
    {
        var passes = worker.Lines.Select(line => PassedLine().Match(line)).Where(match => match.Success).ToList();
        var traces = receiver.Spans.ToLookup(span => span.TraceId);

        passes.ShouldNotBeEmpty();
        foreach (var pass in passes)
        {
            // load_collection polls the loading progress any number of times.
            var spans = traces[WorkerProcess.TraceId(pass.Value)]
                .Where(span => span.Service == "milvus-client" && !span.Name.StartsWith("get_loading_progress"));
            spans.Count().ShouldBe(1 + int.Parse(pass.Groups["operations"].Value), pass.Value);
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
