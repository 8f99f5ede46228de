using System.Diagnostics.Tracing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MilvusTracing.ServiceDefaults;

/// <summary>An exporter's event in few words: it ends in a gRPC status or in an exception with its stack trace.</summary>
internal static partial class ExportFailure
{
    public static string Describe(EventWrittenEventArgs failure)
    {
        var detail = failure.Payload?[^1] as string ?? "";
        var status = GrpcStatus().Match(detail);
        if (status.Success)
        {
            var message = status.Groups["message"].Value;
            return $"it answers {status.Groups["code"].Value}{(message.Length > 0 ? $" ({message})" : "")}";
        }

        var messages = ExceptionMessage().Matches(detail).Select(match => match.Groups["message"].Value.TrimEnd('.')).ToList();
        return messages switch
        {
            [] => string.Format(CultureInfo.InvariantCulture, failure.Message ?? detail, [.. failure.Payload ?? []]).TrimEnd('.'),
            [var outer, var inner, ..] when outer.Contains("see inner exception") => inner,
            _ => messages[0],
        };
    }

    [GeneratedRegex("StatusCode=\"(?<code>\\w+)\", Detail=\"(?<message>[^\r\n]*?)\"")]
    private static partial Regex GrpcStatus();

    [GeneratedRegex(@"^(?: ---> )?[\w.]+Exception(?: \(\w+\))?: (?<message>[^\r\n]+)", RegexOptions.Multiline)]
    private static partial Regex ExceptionMessage();
}
