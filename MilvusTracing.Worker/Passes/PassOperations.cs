namespace MilvusTracing.Worker.Passes;

/// <summary>Counts a pass's operations, and lets none take longer than <see cref="TimeLimit"/>.</summary>
internal sealed class PassOperations : IDisposable
{
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenRegistration _stoppingRegistration;

    public PassOperations(TimeProvider time, CancellationToken stopping)
    {
        _stopping = stopping;
        _limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _stoppingRegistration = stopping.Register(_limit.Cancel);
    }

    /// <summary>The Milvus client itself has no deadline: a server that hangs would hang the pass.</summary>
    public static TimeSpan TimeLimit { get; } = TimeSpan.FromSeconds(30);

    public int Count { get; private set; }

    /// <summary>The one that runs, or failed.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Whether it took too long.</summary>
    public bool IsLate => _limit.IsCancellationRequested && !_stopping.IsCancellationRequested;

    /// <summary>Begins the next operation; its time starts to run.</summary>
    /// <param name="operation">Its name, as Milvus calls it.</param>
    /// <returns>Cancelled when its time is over, or the worker stops.</returns>
    public CancellationToken Begin(string operation)
    {
        Count++;
        Current = operation;
        _limit.CancelAfter(TimeLimit);
        return _limit.Token;
    }

    public void Dispose()
    {
        _stoppingRegistration.Dispose();
        _limit.Dispose();
    }
}

internal sealed class OperationFailedException(string operation, string reason, Exception cause)
    : Exception($"{operation}: {reason}", cause)
{
    public string Operation => operation;

    public string Reason => reason;
}
