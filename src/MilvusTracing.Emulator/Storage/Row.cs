namespace MilvusTracing.Emulator.Storage;

/// <summary>
/// One entity. Its values stand in the order of the schema's fields: bool, long for every integer, float, double,
/// string, <see cref="JsonValue"/> or float[].
/// </summary>
internal sealed class Row(object key, object[] values, long partition)
{
    private long _deletedAt = long.MaxValue;

    public object Key => key;

    public long Partition => partition;

    public object this[Field field] => values[field.Ordinal];

    public bool IsDeleted => Volatile.Read(ref _deletedAt) != long.MaxValue;

    public bool IsVisibleAt(long version) => Volatile.Read(ref _deletedAt) > version;

    public void DeleteAt(long version) => Volatile.Write(ref _deletedAt, version);
}
