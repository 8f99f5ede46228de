using Response = MilvusTracing.Emulator.Protos.MutationResult;

namespace Milvus.Client;

public sealed class MutationResult
{
    internal MutationResult(Response response)
    {
        InsertCount = response.InsertCnt;
        DeleteCount = response.DeleteCnt;
        Timestamp = response.Timestamp;
        Ids = MilvusIds.From(response.IDs);
    }

    public ulong Timestamp { get; }

    public long InsertCount { get; }

    public long DeleteCount { get; }

    public MilvusIds Ids { get; set; }
}
