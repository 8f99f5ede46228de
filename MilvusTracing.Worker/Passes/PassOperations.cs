using MilvusTracing.Worker.Telemetry;

namespace MilvusTracing.Worker.Passes;

/// <summary>Runs a pass's operations one by one: traced, counted, and none longer than <see cref="TimeLimit"/>.</summary>
internal sealed class PassOperations : IDisposable
{
    private readonly DatabaseTelemetry _telemetry;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenRegistration _stoppingRegistration;

    public PassOperations(DatabaseTelemetry telemetry, TimeProvider time, CancellationToken stopping)
    {
        _telemetry = telemetry;
        _stopping = stopping;
        _limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _stoppingRegistration = stopping.Register(_limit.Cancel);
    }

    /// <summary>The Milvus client itself has no deadline: a server that hangs would hang the pass.</summary>
    public static TimeSpan TimeLimit { get; } = TimeSpan.FromSeconds(30);

    public int Count { get; private set; }

    /// <exception cref="OperationFailedException">The call failed or took too long.</exception>
    /// <exception cref="OperationCanceledException">The worker is stopping.</exception>
    public async Task<TResult> RunAsync<TResult>(
        DatabaseOperation operation,
        Func<CancellationToken, Task<TResult>> call,
        Func<TResult, long>? returnedRows = null)
    {
        Count++;

        try
        {
            return await _telemetry.TraceAsync(operation, () => LimitAsync(operation, call), returnedRows).ConfigureAwait(false);
        }
        catch (Exception failure) when (!_stopping.IsCancellationRequested)
        {
            throw new OperationFailedException(operation.Name, FailureReason.Of(failure, operation.Server), failure);
        }
    }

    /// <inheritdoc cref="RunAsync{TResult}"/>
    public Task RunAsync(DatabaseOperation operation, Func<CancellationToken, Task> call)
        => RunAsync(operation, async cancellation =>
        {
            await call(cancellation).ConfigureAwait(false);
            return true;
        });

    public void Dispose()
    {
        _stoppingRegistration.Dispose();
        _limit.Dispose();
    }

    /// <summary>Milvus's client reports every cancellation as an RpcException; this tells why it was cancelled.</summary>
    private async Task<TResult> LimitAsync<TResult>(DatabaseOperation operation, Func<CancellationToken, Task<TResult>> call)
    {
        _limit.CancelAfter(TimeLimit);

        try
        {
            return await call(_limit.Token).ConfigureAwait(false);
        }
        catch (Exception) when (_limit.IsCancellationRequested)
        {
            _stopping.ThrowIfCancellationRequested();
            throw new TimeoutException($"Milvus at {operation.Server} did not answer within {TimeLimit.TotalSeconds} s");
        }
    }
}
