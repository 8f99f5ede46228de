namespace Milvus.Client;

public sealed class MilvusHealthState
{
    internal MilvusHealthState(bool isHealthy, string errorMsg, MilvusErrorCode errorCode) =>
        (IsHealthy, ErrorMsg, ErrorCode) = (isHealthy, errorMsg, errorCode);

    public bool IsHealthy { get; }

    public string ErrorMsg { get; }

    public MilvusErrorCode ErrorCode { get; }

    public override string ToString() =>
        IsHealthy
            ? "{IsHealthy:True}"
            : $"{{IsHealthy:False}}, {{ErrorCode:{ErrorCode}}}, {{ErrorMsg:{ErrorMsg}}}";
}
