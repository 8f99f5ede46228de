using MilvusTracing.Emulator.Errors;

namespace MilvusTracing.Emulator.Storage;

/// <summary>Milvus's rules for names, and its words for breaking them.</summary>
internal static class Names
{
    private const int MaxLength = 255;

    public static void CheckCollection(string name)
    {
        if (Fault("collection", name) is { } fault)
        {
            throw MilvusError.InvalidParameter(name.Length == 0
                ? "collection name should not be empty"
                : $"Invalid collection name: {name}. {char.ToLowerInvariant(fault[0])}{fault[1..]}");
        }
    }

    public static void CheckField(string name)
    {
        if (Fault("field", name) is { } fault)
        {
            throw MilvusError.InvalidFieldName(name.Length == 0 ? "field name should not be empty" : $"Invalid field name: {name}. {fault}.", name);
        }
    }

    public static void CheckPartition(string name)
    {
        if (Fault("partition", name, "_") is { } fault)
        {
            throw MilvusError.Unexpected($"Invalid partition name: {name}. {fault}.");
        }
    }

    /// <summary>An empty one is no fault: the index is named after its field.</summary>
    public static void CheckIndex(string name)
    {
        if (name.Length > 0 && Fault("index", name) is { } fault)
        {
            throw MilvusError.Unexpected($"Invalid index name: {name}. {fault}.");
        }
    }

    /// <summary>What is wrong with a name, or null; with a prefix where any character may be its first.</summary>
    private static string? Fault(string kind, string name, string prefix = "") =>
        name.Length == 0 ? $"{Capital(kind)} name should not be empty"
        : name.Length > MaxLength ? $"The length of a {kind} name must be less than {MaxLength} characters"
        : (prefix + name)[0] is not '_' and var first && !char.IsAsciiLetter(first) ? $"The first character of a {kind} name must be an underscore or letter"
        : !name.All(c => c == '_' || char.IsAsciiLetterOrDigit(c)) ? $"{Capital(kind)} name can only contain numbers, letters and underscores"
        : null;

    private static string Capital(string kind) => char.ToUpperInvariant(kind[0]) + kind[1..];
}
