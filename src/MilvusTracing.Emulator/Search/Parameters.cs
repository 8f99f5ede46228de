using System.Globalization;
using MilvusTracing.Emulator.Errors;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;

namespace MilvusTracing.Emulator.Search;

/// <summary>The named parameters of a request. Of parameters with the same name, the last one counts.</summary>
internal sealed class Parameters(IEnumerable<KeyValuePair> pairs)
{
    private readonly Dictionary<string, string> _byName = pairs.GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value);

    /// <summary>Returns the value, or null where the request has none.</summary>
    public string? Text(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Returns the value as an integer, or null where the request has none.</summary>
    /// <exception cref="MilvusError">It is not an integer.</exception>
    public long? Integer(string name) =>
        Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw MilvusError.Unexpected($"{name} [{text}] is invalid");
}
