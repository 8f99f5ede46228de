using System.Text.RegularExpressions;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>Makes the description of a failed span from an error message of Milvus or gRPC.</summary>
/// <remarks>
/// Milvus quotes the request in its messages: <c>cannot parse expression: email == 'ann@example.org', error: …</c>. That is
/// user data, as the filter itself is, and not recorded unless the application enables it.
/// </remarks>
internal static partial class ErrorDescription
{
    private const int MaxLength = 1024;

    /// <param name="message">The error message.</param>
    /// <param name="mayHoldUserData">False: cuts the message behind the word "expression" and replaces literals with <c>?</c>.</param>
    public static string? Of(string? message, bool mayHoldUserData)
    {
        if (string.IsNullOrEmpty(message))
        {
            return null;
        }

        if (!mayHoldUserData)
        {
            message = Expression().Replace(message, "$1…");
            message = QuotedText().Replace(message, "?");
            message = message.Contains("plan", StringComparison.OrdinalIgnoreCase) ? Number().Replace(message, "?") : message;
        }

        return message.Length > MaxLength ? message[..MaxLength] : message;
    }

    [GeneratedRegex(@"\b(expression|expr|predicates?|filter)\b.*", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Expression();

    /// <summary>Ends with the message if the closing quote is missing. An apostrophe inside a word is not a quote.</summary>
    [GeneratedRegex("""(?<!\w)'(?:[^'\\]|\\.)*(?:'|\\?$)|"(?:[^"\\]|\\.)*(?:"|\\?$)""", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"(?<![\w.])-?\d[\d.]*", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
