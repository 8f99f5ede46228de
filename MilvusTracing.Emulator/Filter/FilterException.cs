namespace MilvusTracing.Emulator.Filter;

/// <summary>A filter that is not one. The message is Milvus's: the expression and what is wrong with it.</summary>
internal sealed class FilterException : Exception
{
    private FilterException(string message)
        : base(message)
    {
    }

    public static FilterException Invalid(string expression, string reason) =>
        new($"cannot parse expression: {expression}, error: {reason}");

    public static FilterException NotBoolean(string expression, string type) =>
        new($"predicate is not a boolean expression: {expression}, data type: {type}");
}
