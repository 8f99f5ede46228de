using System.Text;

namespace MilvusTracing.Verification;

/// <summary>An explanation as plain text and as Markdown.</summary>
internal static class ExplanationText
{
    public static string PlainText(Explanation explanation) => string.Join(
        Environment.NewLine + Environment.NewLine,
        explanation.Operations
            .Select(operation => string.Join(
                Environment.NewLine,
                [
                    operation.ToString(),
                    .. operation.ToRows().Concat(operation.Nodes.Select(node => node.ToString())).Select(row => $"  {row}"),
                    .. Sentences(operation).Select(sentence => $"  > {sentence}"),
                ]))
            .Concat(Remarks(explanation)));

    public static string Markdown(Explanation explanation, Uri? jaeger, Uri? dashboard)
    {
        var text = new StringBuilder();
        foreach (var operation in explanation.Operations)
        {
            text.Append($"**{Verification.Markdown.Escape(operation.ToString())}**\n\n")
                .AppendJoin("", Sentences(operation).Select(sentence => $"{Verification.Markdown.Escape(sentence)}\n\n"))
                .Append($"{Verification.Markdown.Fence(string.Join('\n', [.. operation.ToRows(), .. operation.Nodes.Select(node => node.ToString())]))}\n\n")
                .Append(Verification.Markdown.LinksToTrace(operation.SlowestTraceId, jaeger, dashboard) is { } links ? $"{links}\n\n" : "");
        }

        return text.AppendJoin("", Remarks(explanation).Select(remark => $"{Verification.Markdown.Escape(remark)}\n\n")).ToString();
    }

    private static IEnumerable<string> Sentences(OperationExplanation operation) =>
        operation.Difference is { } difference ? operation.Advice.Prepend(difference.ToString()) : operation.Advice;

    private static IEnumerable<string> Remarks(Explanation explanation) =>
    [
        .. explanation.Failures.Select(failure => $"{failure.Message} {failure.Fix}"),
        .. explanation.ToRemark() is { } remark ? [remark] : Array.Empty<string>(),
    ];
}
