using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

/// <summary>
/// The fields of a response, and the names that the client requested. The wildcard is resolved; names of values in the
/// dynamic field stay as they are.
/// </summary>
internal sealed record OutputFields(IReadOnlyList<string> Names, IReadOnlyList<Field> Fields)
{
    public static OutputFields Resolve(Schema schema, IEnumerable<string> requested, bool withKey)
    {
        var names = requested.SelectMany(name => name.Trim() == "*" ? schema.Fields.Select(field => field.Name) : [name.Trim()])
            .Concat(withKey ? [schema.Key.Name] : []).Distinct().ToList();
        Field Find(string name) => schema.Find(name) ?? schema.Dynamic ?? throw MilvusError.Unexpected($"field {name} not exist");
        return new(names, [.. names.Select(Find).Distinct()]);
    }

    public IEnumerable<FieldData> Write(IReadOnlyList<Row> rows) => Fields.Select(field => ColumnWriter.Write(field, rows));
}
