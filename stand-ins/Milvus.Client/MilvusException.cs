namespace Milvus.Client;

/// <summary>Milvus responded to a call with an error.</summary>
public sealed class MilvusException : Exception
{
    public MilvusException()
    {
    }

    public MilvusException(string message)
        : base(message)
    {
    }

    public MilvusException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public MilvusException(MilvusErrorCode errorCode, string reason)
        : base($"ErrorCode: {errorCode} Reason: {reason}") =>
        ErrorCode = errorCode;

    public MilvusErrorCode ErrorCode { get; }
}
