using System.Diagnostics;

namespace MilvusTracing.ServiceDefaults;

/// <summary>Blocking work side by side, on threads of its own: the pool may be busy with what is being shut down.</summary>
internal static class Parallelly
{
    /// <returns>What is left of the timeout.</returns>
    public static int Run<T>(IEnumerable<T> items, Action<T> work, int timeoutMilliseconds)
    {
        var start = Stopwatch.GetTimestamp();
        Task.WaitAll(
            [.. items.Select(item => Task.Factory.StartNew(
                () => work(item), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))],
            timeoutMilliseconds);
        return timeoutMilliseconds == Timeout.Infinite
            ? Timeout.Infinite
            : Math.Max(0, timeoutMilliseconds - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }
}
