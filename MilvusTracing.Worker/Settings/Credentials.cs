using System.Text.RegularExpressions;

namespace MilvusTracing.Worker.Settings;

/// <summary>Addresses for a message, well-formed or not, without what may be a user name and a password.</summary>
internal static partial class Credentials
{
    public static string Mask(string address) => UserInfo().Replace(address, "${scheme}***@");

    [GeneratedRegex("^(?<scheme>[a-z]+://)?.*@", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex UserInfo();
}
