namespace MilvusTracing.ServiceDefaults;

/// <summary>Blocking work side by side, on threads of its own: the pool may be busy with what is being shut down.</summary>
internal static class Parallelly
{
    public static void Run(IEnumerable<Action> work, int timeoutMilliseconds) =>
        Task.WaitAll(
            [.. work.Select(action => Task.Factory.StartNew(
                action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))],
            timeoutMilliseconds);
}
