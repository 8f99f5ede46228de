using System.Text.RegularExpressions;

namespace MilvusTracing.Verifier.Backends;

/// <summary>Addresses for messages: without user name, password and query, where keys are kept.</summary>
internal static partial class ShownAddress
{
    public static string Of(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');

    /// <summary>For what need not be an address: where there may be such a part, stars stand for it.</summary>
    public static string Of(string text) => Query().Replace(UserInfo().Replace(text, "${scheme}***@"), "?***");

    [GeneratedRegex("^(?<scheme>[a-z]+://)?.*@", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"\?.+", RegexOptions.Singleline)]
    private static partial Regex Query();
}
