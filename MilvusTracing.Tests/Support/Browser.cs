using PuppeteerSharp;

namespace MilvusTracing.Tests.Support;

/// <summary>A headless Chromium with one page.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IBrowser _browser;
    private readonly IPage _page;

    private Browser(IBrowser browser, IPage page) => (_browser, _page) = (browser, page);

    /// <summary>The path of Chromium or Chrome, or null if neither is installed.</summary>
    public static string? Program => Programs.Find("chromium", "chromium-browser", "google-chrome");

    public static async Task<Browser> StartAsync(int width, int height)
    {
        var browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = Program!,
            Args = ["--no-sandbox", "--hide-scrollbars"],
            AcceptInsecureCerts = true,
            DefaultViewport = new ViewPortOptions { Width = width, Height = height },
        });
        var page = await browser.NewPageAsync();
        page.DefaultTimeout = (int)Timeouts.Limit.TotalMilliseconds;
        return new(browser, page);
    }

    public Task OpenAsync(Uri address) => _page.GoToAsync(address.AbsoluteUri);

    /// <summary>Waits until the visible text of the page contains all the words.</summary>
    public async Task WaitForTextAsync(params string[] words)
    {
        var missing = words;
        await WaitForTextAsync(text => (missing = [.. words.Where(word => !text.Contains(word))]) is [], () => string.Join(", ", missing));
    }

    /// <summary>Waits until the visible text of the page meets a condition.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="missing">Names what the page does not show, for the exception's message.</param>
    public async Task WaitForTextAsync(Predicate<string> condition, Func<string> missing)
    {
        var text = "";
        await Timeouts.PollAsync(
            async () =>
            {
                text = await TextAsync();
                // The dashboard's list of values fails at times, and asks the user to reload the page.
                if (text.Contains("An unhandled error has occurred"))
                {
                    await _page.ReloadAsync();
                }

                return condition(text);
            },
            () => $"The page does not show: {missing()}. It ends with:\n{string.Join('\n', text.Split('\n').TakeLast(25))}",
            interval: TimeSpan.FromMilliseconds(250));
    }

    /// <returns>The visible text of the page.</returns>
    public Task<string> TextAsync() => _page.EvaluateExpressionAsync<string>("document.body.innerText");

    public async Task SavePictureAsync(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await _page.ScreenshotAsync(path);
    }

    public ValueTask DisposeAsync() => _browser.DisposeAsync();
}
