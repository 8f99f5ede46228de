using Answer = MilvusTracing.Emulator.Protos.MutationResult;

namespace Milvus.Client;

public sealed class MutationResult
{
    internal MutationResult(Answer answer)
    {
        InsertCount = answer.InsertCnt;
        DeleteCount = answer.DeleteCnt;
        Timestamp = answer.Timestamp;
        Ids = MilvusIds.From(answer.IDs);
    }

    public ulong Timestamp { get; }

    public long InsertCount { get; }

    public long DeleteCount { get; }

    public MilvusIds Ids { get; set; }
}
