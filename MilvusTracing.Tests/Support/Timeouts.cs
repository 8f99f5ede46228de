namespace MilvusTracing.Tests.Support;

/// <summary>How long tests wait for something that has to happen. The limit is generous: a busy machine is slow.</summary>
internal static class Timeouts
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Waits until a condition holds that no event reports.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="state">Describes the state, for the exception's message.</param>
    /// <param name="interval">The time between two checks; 50 ms by default.</param>
    /// <exception cref="TimeoutException">The condition did not hold within <see cref="Limit"/>.</exception>
    public static async Task PollAsync(Func<Task<bool>> condition, Func<string> state, TimeSpan? interval = null)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await condition())
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"The condition did not hold within {Limit.TotalSeconds} s. {state()}");
            }

            await Task.Delay(interval ?? TimeSpan.FromMilliseconds(50));
        }
    }

    /// <inheritdoc cref="PollAsync(Func{Task{bool}}, Func{string}, TimeSpan?)"/>
    public static Task PollAsync(Func<bool> condition, Func<string> state) => PollAsync(() => Task.FromResult(condition()), state);
}
