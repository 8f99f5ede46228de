using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Errors;

/// <summary>A failure that Milvus reports in the status of an ordinary response, not as a gRPC error.</summary>
/// <param name="code">Milvus's error code.</param>
/// <param name="reason">The message for the user.</param>
/// <param name="detail">The status's detail; null repeats the reason.</param>
internal sealed class MilvusError(int code, string reason, string? detail = null) : Exception(reason)
{
    private const int CollectionNotFoundCode = 100;
    private const int CollectionNotLoadedCode = 101;
    private const int PartitionNotFoundCode = 200;
    private const int IndexNotFoundCode = 700;
    private const int DatabaseNotFoundCode = 800;
    private const int InvalidParameterCode = 1100;
    private const int UnexpectedCode = 65535;

    /// <summary>The status for clients of any version: the code, which 2.3 introduced, and the older enumeration.</summary>
    public Status ToStatus() => new()
    {
        ErrorCode = LegacyCode,
        Reason = Message,
        Code = code,
        Detail = detail ?? Message,
    };

    private ErrorCode LegacyCode => detail is not null ? ErrorCode.UnexpectedError : code switch
    {
        CollectionNotFoundCode => ErrorCode.CollectionNotExists,
        PartitionNotFoundCode => ErrorCode.MetaFailed,
        IndexNotFoundCode => ErrorCode.IndexNotExist,
        InvalidParameterCode => ErrorCode.IllegalArgument,
        _ => ErrorCode.UnexpectedError,
    };

    /// <summary>The same error with a prefix before its message.</summary>
    public MilvusError WithPrefix(string prefix) => new(code, prefix + Message);

    /// <exception cref="MilvusError">The condition holds.</exception>
    public static void ThrowIf(bool condition, string reason)
    {
        if (condition)
        {
            throw Unexpected(reason);
        }
    }

    public static MilvusError Unexpected(string reason) => new(UnexpectedCode, reason);

    public static MilvusError InvalidParameter(string reason) => new(InvalidParameterCode, $"{reason}: invalid parameter");

    public static MilvusError InvalidParameter(string reason, string expected, string actual) =>
        new(InvalidParameterCode, $"{reason}: invalid parameter[expected={expected}][actual={actual}]");

    public static MilvusError CollectionNotFound(string database, string collection) =>
        new(CollectionNotFoundCode, $"collection not found[database={database}][collection={collection}]");

    /// <summary>The variant that only DescribeCollection returns.</summary>
    public static MilvusError CannotFindCollection(string database, string collection)
    {
        var detail = $"collection not found[database={database}][collection={collection}]";
        return new(CollectionNotFoundCode, $"can't find collection {detail}", detail);
    }

    public static MilvusError CollectionNotLoaded(long id) => new(CollectionNotLoadedCode, $"collection not loaded[collection={id}]");

    public static MilvusError PartitionNotFound(string partition) => new(PartitionNotFoundCode, $"partition not found[partition={partition}]");

    public static MilvusError IndexNotFoundInCollection(string collection) => new(IndexNotFoundCode, $"index not found[collection={collection}]");

    public static MilvusError IndexNotFound(string index) => new(IndexNotFoundCode, $"index not found[indexName={index}]");

    public static MilvusError InvalidFilter(string filter, string reason) => Unexpected($"cannot parse expression: {filter}, error: {reason}");

    public static MilvusError DatabaseNotFound(string database) => new(DatabaseNotFoundCode, $"database not found[database={database}]");
}
