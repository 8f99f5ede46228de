using System.Diagnostics;

namespace MilvusTracing.ServiceDefaults;

/// <summary>Blocking work side by side, on threads of its own: the pool may be busy with what is being shut down.</summary>
internal static class Parallelly
{
    /// <returns>Completes when all is done.</returns>
    public static Task Start<T>(IEnumerable<T> items, Action<T> work) => Task.WhenAll(items.Select(item => Task.Factory.StartNew(
        () => work(item), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    /// <summary>
    /// Waits for all of it: each item keeps to the timeout by itself and then has a last word, such as what it has lost,
    /// which to leave on the dot would cut off.
    /// </summary>
    /// <returns>What is left of the timeout.</returns>
    public static int Run<T>(IEnumerable<T> items, Action<T, int> work, int timeoutMilliseconds)
    {
        var start = Stopwatch.GetTimestamp();
        Start(items, item => work(item, timeoutMilliseconds)).Wait();
        return Left(timeoutMilliseconds, start);
    }

    /// <returns>What is left of a timeout since a time stamp.</returns>
    public static int Left(int timeoutMilliseconds, long start) => timeoutMilliseconds == Timeout.Infinite
        ? Timeout.Infinite
        : Math.Max(0, timeoutMilliseconds - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
}
