using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Errors;

/// <summary>A failure that Milvus answers inside an ordinary response, in its status, and not as a gRPC error.</summary>
internal sealed class MilvusError(int code, string reason, string? detail = null) : Exception(reason)
{
    public const int UnexpectedCode = 65535;
    private const int CollectionNotFoundCode = 100;
    private const int CollectionNotLoadedCode = 101;
    private const int PartitionNotFoundCode = 200;
    private const int PartitionNotLoadedCode = 201;
    private const int IndexNotFoundCode = 700;
    private const int DatabaseNotFoundCode = 800;
    private const int IoFailedCode = 1001;
    private const int InvalidParameterCode = 1100;
    private const int InvalidFieldNameCode = 1701;

    public int Code => code;

    /// <summary>The status that clients of any version read: the code of 2.3 and later, and the older enumeration.</summary>
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

    /// <summary>The same failure with what was being done in front.</summary>
    public MilvusError During(string what) => new(code, what + Message);

    /// <exception cref="MilvusError">The condition holds.</exception>
    public static void RefuseIf(bool condition, string reason)
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

    public static MilvusError InvalidFieldName(string reason, string field) =>
        new(InvalidFieldNameCode, $"{reason}: field name invalid[field={field}]");

    public static MilvusError CollectionNotFound(string database, string collection) =>
        new(CollectionNotFoundCode, $"collection not found[database={database}][collection={collection}]");

    /// <summary>What only describing a collection answers.</summary>
    public static MilvusError CannotFindCollection(string database, string collection)
    {
        var detail = $"collection not found[database={database}][collection={collection}]";
        return new(CollectionNotFoundCode, $"can't find collection {detail}", detail);
    }

    /// <summary>What only describing a collection by its id answers.</summary>
    public static MilvusError CannotFindCollection(long id)
    {
        var detail = $"collection not found[collection={id}]";
        return new(CollectionNotFoundCode, $"can't find collection {detail}", detail);
    }

    public static MilvusError CollectionNotLoaded(long id) =>
        new(CollectionNotLoadedCode, $"collection not loaded[collection={id}]");

    public static MilvusError PartitionNotFound(string partition) =>
        new(PartitionNotFoundCode, $"partition not found[partition={partition}]");

    public static MilvusError PartitionNotLoaded(long id) =>
        new(PartitionNotLoadedCode, $"partition not loaded[partition={id}]");

    public static MilvusError IndexNotFoundInCollection(string collection) =>
        new(IndexNotFoundCode, $"index not found[collection={collection}]");

    public static MilvusError IndexNotFound(string index) => new(IndexNotFoundCode, $"index not found[indexName={index}]");

    public static MilvusError DatabaseNotFound(string database) =>
        new(DatabaseNotFoundCode, $"database not found[database={database}]");

    public static MilvusError IoFailed(string reason) => new(IoFailedCode, $"IO failed: {reason}");
}
