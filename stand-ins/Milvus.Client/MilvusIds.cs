using IDs = MilvusTracing.Emulator.Protos.IDs;

namespace Milvus.Client;

public readonly struct MilvusIds
{
    private MilvusIds(IReadOnlyList<long>? longIds, IReadOnlyList<string>? stringIds) => (LongIds, StringIds) = (longIds, stringIds);

    public IReadOnlyList<long>? LongIds { get; }

    public IReadOnlyList<string>? StringIds { get; }

    internal static MilvusIds From(IDs? ids) =>
        ids?.IdFieldCase switch
        {
            IDs.IdFieldOneofCase.IntId => new MilvusIds(ids.IntId.Data, null),
            IDs.IdFieldOneofCase.StrId => new MilvusIds(null, ids.StrId.Data),
            _ => default,
        };
}
