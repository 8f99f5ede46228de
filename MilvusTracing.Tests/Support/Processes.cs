namespace MilvusTracing.Tests.Support;

/// <summary>Which processes run, from Linux's /proc.</summary>
internal static class Processes
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until something is so of the processes that have a variable in their environment, which descendants inherit.</summary>
    /// <param name="variable">Its name and value.</param>
    /// <param name="condition">Told the processes' ids and command lines.</param>
    /// <exception cref="TimeoutException">It is not; the message names the processes.</exception>
    public static async Task WaitAsync((string Name, string Value) variable, Func<IReadOnlyDictionary<int, string>, bool> condition)
    {
        using var limit = new CancellationTokenSource(Timeouts.Limit);
        while (true)
        {
            var processes = Directory.GetDirectories("/proc")
                .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
                .Where(id => id > 0 && Read(id, "environ")?.Split('\0').Contains($"{variable.Name}={variable.Value}") == true)
                .ToDictionary(id => id, id => Read(id, "cmdline")?.Replace('\0', ' ') ?? "");
            if (condition(processes))
            {
                return;
            }

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"Running: {string.Join("; ", processes.Select(process => $"{process.Key} {process.Value}"))}");
            }

            await Task.Delay(Pause);
        }
    }

    private static string? Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
