namespace Milvus.Client;

public enum MilvusErrorCode
{
    Success = 0,
    UnexpectedError = 1,
    RateLimit = 8,
    ForceDeny = 9,
    CollectionNotFound = 100,
    IndexNotFound = 700,
}
