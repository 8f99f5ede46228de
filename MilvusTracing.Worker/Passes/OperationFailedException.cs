namespace MilvusTracing.Worker.Passes;

internal sealed class OperationFailedException(string operation, string reason, Exception cause)
    : Exception($"{operation}: {reason}", cause)
{
    public string Operation => operation;

    public string Reason => reason;
}
