namespace MilvusTracing.Emulator.Storage;

/// <summary>A named part of a collection.</summary>
internal sealed record Partition(long Id, string Name, long CreatedAt)
{
    public const string DefaultName = "_default";
}
