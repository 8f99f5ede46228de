using System.Diagnostics;

namespace MilvusTracing.Tests.Support;

/// <summary>The running processes, with their data in Linux's <c>/proc</c>.</summary>
internal static class Processes
{
    /// <summary>Waits for a condition on the processes that have an environment variable, which child processes inherit.</summary>
    /// <param name="variable">The variable's name and value.</param>
    /// <param name="condition">Takes the command lines by process id.</param>
    /// <exception cref="TimeoutException">The condition did not hold; the message lists the processes.</exception>
    public static async Task WaitAsync((string Name, string Value) variable, Func<IReadOnlyDictionary<int, string>, bool> condition)
    {
        Dictionary<int, string> processes = [];
        await Timeouts.PollAsync(
            () =>
            {
                processes = Process.GetProcesses().Select(process => process.Id)
                    .Where(id => Read(id, "environ").Split('\0').Contains($"{variable.Name}={variable.Value}"))
                    .ToDictionary(id => id, id => Read(id, "cmdline").Replace('\0', ' '));
                return condition(processes);
            },
            () => $"Running: {string.Join("; ", processes)}");
    }

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or belongs to another user.
            return "";
        }
    }
}
