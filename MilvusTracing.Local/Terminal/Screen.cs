using Spectre.Console;

namespace MilvusTracing.Local.Terminal;

/// <summary>What the user sees: plain lines, and a spinner where the output is a terminal and something takes time.</summary>
internal sealed class Screen(IAnsiConsole console)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>The console itself, for what draws its own tables.</summary>
    public IAnsiConsole Console => console;

    public void WriteLine(string text = "", Color? colour = null)
    {
        if (console.Profile.Out.IsTerminal && colour is { } foreground)
        {
            console.Write(new Text(text + "\n", foreground));
        }
        else
        {
            // Not by way of the console, which would break an address in two where the line ends.
            console.Profile.Out.Writer.WriteLine(text);
        }
    }

    /// <summary>Does something that may take more than a second, and shows that it does.</summary>
    public Task WaitAsync(string what, Func<Task> work) => WaitAsync(what, async _ =>
    {
        await work();
        return true;
    });

    /// <summary>The same, for work with an answer that can say how far it is.</summary>
    public async Task<T> WaitAsync<T>(string what, Func<Action<string>, Task<T>> work)
    {
        if (console.Profile.Out.IsTerminal)
        {
            return await console.Status().StartAsync(Markup.Escape(what), context =>
                CountSecondsAsync(what, work, text => context.Status(Markup.Escape(text))));
        }

        var done = work(_ => { });
        if (await Task.WhenAny(done, Task.Delay(Second)) != done)
        {
            WriteLine($"{what} ...");
        }
        return await done;
    }

    /// <summary>Counts the seconds after what is going on, as long as the work has nothing better to say.</summary>
    private static async Task<T> CountSecondsAsync<T>(string what, Func<Action<string>, Task<T>> work, Action<string> show)
    {
        var hasOwnText = false;
        var done = work(text =>
        {
            hasOwnText = true;
            show(text);
        });
        for (var seconds = 1; await Task.WhenAny(done, Task.Delay(Second)) != done && !hasOwnText; seconds++)
        {
            show($"{what} ({seconds} s)");
        }
        return await done;
    }
}
