namespace MilvusTracing.Tests.Support;

/// <summary>Which processes a process has started, from Linux's /proc.</summary>
internal static class ProcessTree
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <returns>The ids of the children, their children and so on, with their command lines.</returns>
    public static IReadOnlyDictionary<int, string> Descendants(int process)
    {
        var all = Directory.GetDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? (Id: id, Stat: Read(id, "stat")) : default)
            .Where(found => found.Stat is { Length: > 0 })
            .ToLookup(found => Parent(found.Stat!), found => found.Id);
        var descendants = new Dictionary<int, string>();
        var open = new Queue<int>(all[process]);
        while (open.TryDequeue(out var id))
        {
            descendants[id] = Read(id, "cmdline")?.Replace('\0', ' ') ?? "";
            foreach (var child in all[id])
            {
                open.Enqueue(child);
            }
        }
        return descendants;
    }

    /// <returns>The one descendant, shells aside, whose command line contains a text.</returns>
    public static int Find(int process, string text) =>
        Descendants(process).Single(child => child.Value.Contains(text) && !child.Value.StartsWith("/bin/sh ")).Key;

    /// <summary>Waits until none of the processes runs any more.</summary>
    /// <exception cref="TimeoutException">Some still do; the message names them.</exception>
    public static async Task WaitUntilGoneAsync(IReadOnlyDictionary<int, string> processes)
    {
        // No event tells of the end of a process that is not one's own child.
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (processes.Where(process => IsRunning(process.Key)).ToList() is { Count: > 0 } left)
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"Still running: {string.Join("; ", left.Select(process => $"{process.Key} {process.Value}"))}");
            }
            await Task.Delay(Pause);
        }
    }

    private static bool IsRunning(int id) => Read(id, "stat") is { Length: > 0 } stat && AfterName(stat)[0] is not ("Z" or "X");

    private static int Parent(string stat) => int.Parse(AfterName(stat)[1]);

    /// <summary>proc(5): the name stands in brackets and may hold anything.</summary>
    private static string[] AfterName(string stat) => stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

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
