namespace MilvusTracing.Tests.Support;

/// <summary>Waits for conditions without polling: each change of the state that a condition reads is reported by <see cref="Raise"/>.</summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Has every waiting condition checked again.</summary>
    public void Raise() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>Waits until a condition holds. It is checked at once and after every change.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="limit">How long to wait at most.</param>
    /// <param name="state">Describes the state, for the exception's message.</param>
    /// <exception cref="TimeoutException">The condition did not hold within the limit.</exception>
    public async Task WaitForAsync(Func<bool> condition, TimeSpan limit, Func<string> state)
    {
        using var timeout = new CancellationTokenSource(limit);
        while (true)
        {
            var next = Volatile.Read(ref _next).Task;
            if (condition())
            {
                return;
            }

            try
            {
                await next.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"The condition did not hold within {limit.TotalSeconds:0.#} s. {state()}");
            }
        }
    }
}
