using System.Globalization;
using System.Text.Json;
using MilvusTracing.Emulator.Errors;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;

namespace MilvusTracing.Emulator.Requests;

/// <summary>The named parameters of a request. Of parameters with the same name, the last one counts.</summary>
internal sealed class Parameters(IEnumerable<KeyValuePair> pairs)
{
    // Clients send parameters that are not set with these values.
    private static readonly string[] DefaultValues = ["", "false", "null", "none", "{}", "[]"];

    private readonly Dictionary<string, string> _byName = pairs.GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value);

    /// <summary>Returns the value, or null where the request has none.</summary>
    public string? Text(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Returns the value as an integer, or null where the request has none.</summary>
    /// <exception cref="MilvusError">It is not an integer.</exception>
    public long? Integer(string name) =>
        Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw MilvusError.Unexpected($"{name} [{text}] is invalid");

    /// <summary>Returns the parameters in the JSON object that is the value of a parameter.</summary>
    /// <exception cref="MilvusError">The value is not a JSON object.</exception>
    public Parameters Nested(string name)
    {
        try
        {
            var members = Text(name) is { Length: > 0 } json ? JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json) : [];
            return new((members ?? []).Select(member => new KeyValuePair { Key = member.Key, Value = member.Value.ToString() }));
        }
        catch (JsonException)
        {
            throw MilvusError.Unexpected($"the parameter {name} is not a JSON object: {Text(name)}");
        }
    }

    /// <exception cref="MilvusError">A parameter with another name has a value other than a default such as false.</exception>
    public void ThrowIfOtherThan(params string[] names)
    {
        if (_byName.Keys.FirstOrDefault(name => !names.Contains(name) && !DefaultValues.Contains(_byName[name].ToLowerInvariant())) is { } other)
        {
            throw MilvusError.Unexpected($"the Milvus emulator does not support the parameter {other}={_byName[other]}");
        }
    }
}
