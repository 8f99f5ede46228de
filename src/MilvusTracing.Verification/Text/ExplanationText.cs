using System.Text;

namespace MilvusTracing.Verification;

/// <summary>An explanation as text: for logs, redirected output and, escaped, for Markdown.</summary>
internal static class ExplanationText
{
    private const int NameWidth = 26;

    public static string PlainText(Explanation explanation)
    {
        var operations = explanation.Operations.Select(operation => string.Join(
            Environment.NewLine,
            [Heading(operation), .. operation.Parts.Select(part => "  " + Row(operation, part)), .. operation.Advice.Select(advice => $"  > {advice}")]));
        return string.Join(Environment.NewLine + Environment.NewLine, [.. operations, .. Remarks(explanation)]);
    }

    public static string Markdown(Explanation explanation, Uri? jaeger)
    {
        var text = new StringBuilder();
        foreach (var operation in explanation.Operations)
        {
            text.Append($"**{Verification.Markdown.Escape(Heading(operation))}**\n\n")
                .AppendJoin("", operation.Advice.Select(advice => $"{Verification.Markdown.Escape(advice)}\n\n"))
                .Append($"{Verification.Markdown.Fence(string.Join('\n', operation.Parts.Select(part => Row(operation, part))))}\n\n")
                .Append(jaeger is null ? "" : $"{Verification.Markdown.LinkToTrace(jaeger, operation.SlowestTraceId)}\n\n");
        }

        return text.AppendJoin("", Remarks(explanation).Select(remark => $"{Verification.Markdown.Escape(remark)}\n\n")).ToString();
    }

    public static string Heading(OperationExplanation operation)
    {
        var name = operation.Name + (operation.ConsistencyLevel is { } level ? $", {level}" : "");
        return operation.Calls == 1
            ? $"{name}: {Format.Duration(operation.P50)}, trace {operation.SlowestTraceId}"
            : $"{name}: {operation.Calls} calls, p50 {Format.Duration(operation.P50)}, p95 {Format.Duration(operation.P95)}, slowest trace {operation.SlowestTraceId}";
    }

    /// <summary>A part's name, time (p50 and p95 of several calls) and share.</summary>
    public static string Row(OperationExplanation operation, PartExplanation part) => FormattableString.Invariant(
        $"{part.Name,-NameWidth} {Format.Duration(part.P50),8} {(operation.Calls == 1 ? "" : $"{Format.Duration(part.P95),8} ")}{100 * part.Share,5:0.0} %");

    /// <summary>Why there is nothing, or not all, to explain.</summary>
    public static IEnumerable<string> Remarks(Explanation explanation) =>
    [
        .. explanation.Failures.Select(failure => $"{failure.Message} {failure.Fix}"),
        .. explanation.Operations.Count > 0 || (explanation.Traces == 0 && explanation.Failures.Count > 0) ? Array.Empty<string>()
            : explanation.Traces == 0 ? ["There is no such trace: 'milvus-trace verify' says why."]
            : [$"There is no such operation of Milvus in {Format.Count(explanation.Traces, "trace")}."],
    ];
}
