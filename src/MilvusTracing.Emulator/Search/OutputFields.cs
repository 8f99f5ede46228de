using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

/// <summary>
/// The fields that an answer carries, and the names that the client asked for: with the wildcard resolved, but with
/// names inside the dynamic field as they are.
/// </summary>
internal sealed record OutputFields(IReadOnlyList<string> Names, IReadOnlyList<Field> Fields)
{
    public static OutputFields Resolve(Schema schema, IEnumerable<string> requested, bool withKey)
    {
        var names = requested.SelectMany(name => name.Trim() == "*" ? schema.Fields.Select(field => field.Name) : [name.Trim()])
            .Concat(withKey ? [schema.Key.Name] : []).Distinct().ToList();
        return new(names, [.. names.Select(name => Find(schema, name)).Distinct()]);
    }

    public IEnumerable<FieldData> Write(IReadOnlyList<Row> rows) => Fields.Select(field => ColumnWriter.Write(field, rows));

    private static Field Find(Schema schema, string name)
    {
        if (schema.Find(name) is { } field)
        {
            return field;
        }

        if (schema.Dynamic is not { } dynamic)
        {
            throw MilvusError.Unexpected($"field {name} not exist");
        }

        var isName = name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => c == '_' || char.IsLetterOrDigit(c));
        return isName ? dynamic : throw MilvusError.Unexpected($"parse output field name failed: {name}");
    }
}
