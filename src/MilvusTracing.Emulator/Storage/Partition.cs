namespace MilvusTracing.Emulator.Storage;

/// <summary>A named part of a collection.</summary>
internal sealed record Partition(long Id, string Name, long CreatedAt)
{
    public const string DefaultName = "_default";

    /// <summary>How many rows were inserted since the last flush.</summary>
    public long GrowingRows { get; set; }

    /// <summary>How many rows were inserted before it. Milvus counts those that were deleted since, too.</summary>
    public long FlushedRows { get; private set; }

    public void Flush() => (FlushedRows, GrowingRows) = (FlushedRows + GrowingRows, 0);
}
