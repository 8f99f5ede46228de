using System.Globalization;
using MilvusTracing.Emulator.Errors;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;

namespace MilvusTracing.Emulator.Search;

/// <summary>The named parameters of a search or query, which travel as text.</summary>
internal sealed class Parameters(IEnumerable<KeyValuePair> pairs)
{
    private readonly Dictionary<string, string> _byName = pairs.GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value);

    public string? Text(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The whole number of that name, or null where it is not given.</summary>
    public long? Integer(string name) =>
        Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw MilvusError.Unexpected($"{name} [{text}] is invalid");
}
