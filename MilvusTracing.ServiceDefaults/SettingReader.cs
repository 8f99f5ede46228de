using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// Settings by kind. An empty one is an unset one, as OpenTelemetry's specification has it; a malformed one is a
/// <see cref="TelemetrySettingException"/>.
/// </summary>
internal sealed partial class SettingReader(IConfiguration configuration)
{
    public static bool IsRatio(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1;

    public string? Text(string key) => configuration[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;

    public Uri? Address(string key, bool allowPath)
    {
        if (Text(key) is not { } value)
        {
            return null;
        }

        // A part with credentials is refused because no exporter sends it: the user would believe to be authenticated.
        return Uri.TryCreate(value, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address.UserInfo.Length == 0
            && (allowPath || address.PathAndQuery == "/")
            ? address
            : throw Malformed(key, Credentials.Mask(value), "http://host:port or https://host:port, such as http://localhost:4317");
    }

    public int? Number(string key, int smallest, int largest = int.MaxValue)
    {
        if (Text(key) is not { } value)
        {
            return null;
        }

        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= smallest && number <= largest
            ? number
            : throw Malformed(key, value, $"a whole number from {smallest} to {largest}");
    }

    public void OneOf(string key, StringComparer comparer, params string[] values)
    {
        if (Text(key) is { } value && !values.Contains(value.Trim(), comparer))
        {
            throw Malformed(key, value, string.Join(" or ", values));
        }
    }

    /// <summary>Name=value pairs as the exporter reads them: percent-decoded, then split at commas.</summary>
    public void Headers(string key)
    {
        if (Text(key) is not { } value)
        {
            return;
        }

        var text = Uri.UnescapeDataString(value);
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "User-Agent" };
        foreach (var header in (text.EndsWith(',') ? text[..^1] : text).Split(','))
        {
            if (!Header().IsMatch(header) || !names.Add(header.Split('=')[0].Trim()))
            {
                throw new TelemetrySettingException(
                    key, $"{key} is malformed (not shown: it may hold a key); expected name=value pairs, each name once, separated by commas.");
            }
        }
    }

    public string? File(string key)
    {
        if (Text(key) is { } path && !System.IO.File.Exists(path))
        {
            throw Malformed(key, path, "the path of a file that exists");
        }

        return Text(key);
    }

    public void Certificate(string key)
    {
        if (File(key) is not { } path)
        {
            return;
        }

        try
        {
            X509CertificateLoader.LoadCertificateFromFile(path).Dispose();
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw Malformed(key, path, $"the path of a certificate in PEM or DER form ({exception.Message})");
        }
    }

    private static TelemetrySettingException Malformed(string key, string value, string expected) =>
        new(key, $"{key} is \"{value}\"; expected {expected}.");

    /// <summary>A field name of RFC 9110, section 5.1, and a value of visible ASCII.</summary>
    [GeneratedRegex(@"^\s*[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*=[\x20-\x7E]*$")]
    private static partial Regex Header();
}
