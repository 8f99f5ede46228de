using MilvusTracing.Emulator.Errors;

namespace MilvusTracing.Emulator.Storage;

/// <summary>Milvus's rules for names, and its words for breaking them.</summary>
internal static class Names
{
    private const int MaxLength = 255;

    public static void CheckCollection(string name)
    {
        if (name.Length == 0)
        {
            throw MilvusError.InvalidParameter("collection name should not be empty");
        }

        if (name.Length > MaxLength)
        {
            throw MilvusError.InvalidParameter($"Invalid collection name: {name}. the length of a collection name must be less than {MaxLength} characters");
        }

        if (!StartsWell(name))
        {
            throw MilvusError.InvalidParameter($"Invalid collection name: {name}. the first character of a collection name must be an underscore or letter");
        }

        if (!ContinuesWell(name))
        {
            throw MilvusError.InvalidParameter($"Invalid collection name: {name}. collection name can only contain numbers, letters and underscores");
        }
    }

    public static void CheckField(string name)
    {
        if (name.Length == 0)
        {
            throw MilvusError.InvalidFieldName("field name should not be empty", name);
        }

        if (name.Length > MaxLength)
        {
            throw MilvusError.InvalidFieldName($"Invalid field name: {name}. The length of a field name must be less than {MaxLength} characters.", name);
        }

        if (!StartsWell(name))
        {
            throw MilvusError.InvalidFieldName($"Invalid field name: {name}. The first character of a field name must be an underscore or letter.", name);
        }

        if (!ContinuesWell(name))
        {
            throw MilvusError.InvalidFieldName($"Invalid field name: {name}. Field name cannot only contain numbers, letters, and underscores.", name);
        }
    }

    public static void CheckPartition(string name)
    {
        if (name.Length == 0)
        {
            throw MilvusError.Unexpected("Invalid partition name: . Partition name should not be empty.");
        }

        if (name.Length > MaxLength)
        {
            throw MilvusError.Unexpected($"Invalid partition name: {name}. The length of a partition name must be less than {MaxLength} characters.");
        }

        if (!ContinuesWell(name))
        {
            throw MilvusError.Unexpected($"Invalid partition name: {name}. Partition name can only contain numbers, letters and underscores.");
        }
    }

    public static void CheckIndex(string name)
    {
        if (name.Length > MaxLength)
        {
            throw MilvusError.Unexpected($"Invalid index name: {name}. The length of a index name must be less than {MaxLength} characters.");
        }

        if (name.Length > 0 && !StartsWell(name))
        {
            throw MilvusError.Unexpected($"Invalid index name: {name}. The first character of a index name must be an underscore or letter.");
        }

        if (!ContinuesWell(name))
        {
            throw MilvusError.Unexpected($"Invalid index name: {name}. Index name can only contain numbers, letters, and underscores.");
        }
    }

    private static bool StartsWell(string name) => name[0] == '_' || char.IsAsciiLetter(name[0]);

    private static bool ContinuesWell(string name) => name.All(c => c == '_' || char.IsAsciiLetterOrDigit(c));
}
