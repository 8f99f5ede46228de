using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MilvusTracing.Tests.Support;

/// <summary>A headless Chromium with one page, spoken to by the Chrome DevTools Protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("milvus-tracing-browser-");
    private readonly ClientWebSocket _page = new();
    private readonly ChildProcess _process;
    private int _lastId;

    private Browser(string program, int width, int height) => _process = ChildProcess.Start(program,
    [
        "--headless", "--remote-debugging-port=0", $"--user-data-dir={_profile.FullName}", $"--window-size={width},{height}", "--hide-scrollbars",
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "about:blank",
    ]);

    /// <summary>Chromium's or Chrome's path; null where none is installed.</summary>
    public static string? Program => Programs.Find("chromium", "chromium-browser", "google-chrome");

    public static async Task<Browser> StartAsync(int width, int height)
    {
        var browser = new Browser(Program!, width, height);
        var listening = await browser._process.WaitForLineAsync("DevTools listening on ");
        var port = new Uri(listening[listening.IndexOf("ws://", StringComparison.Ordinal)..]).Port;
        using var client = new HttpClient();
        var targets = await client.GetFromJsonAsync<JsonArray>($"http://127.0.0.1:{port}/json/list");
        var page = targets!.Single(target => (string?)target!["type"] == "page")!;
        await browser._page.ConnectAsync(new Uri((string)page["webSocketDebuggerUrl"]!), CancellationToken.None);
        await browser.CallAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = false });
        return browser;
    }

    public Task OpenAsync(Uri address) => CallAsync("Page.navigate", new { url = address.AbsoluteUri });

    /// <summary>Waits until the page's visible text contains all the words.</summary>
    public async Task WaitForTextAsync(params string[] words)
    {
        var text = await WhenPageChangesAsync(
            $$"""
            const text = document.body?.innerText ?? '';
            const isLate = Date.now() > started + {{Timeouts.Limit.TotalMilliseconds}};
            return isLate || {{JsonSerializer.Serialize(words)}}.every(word => text.includes(word)) ? text : null;
            """);
        words.ShouldAllBe(word => text.Contains(word), $"The page's text:\n{text}");
    }

    /// <summary>Waits for the element by the selector whose text begins so, and clicks on its button.</summary>
    public Task ClickInAsync(string selector, string text) => WhenPageChangesAsync(
        $$"""
        const found = [...document.querySelectorAll({{JsonSerializer.Serialize(selector)}})].find(element => element.innerText.trim().startsWith({{JsonSerializer.Serialize(text)}}));
        found?.querySelector('button, fluent-button')?.click();
        return found ? 'clicked' : null;
        """);

    public async Task SavePictureAsync(string path)
    {
        var picture = await CallAsync("Page.captureScreenshot", new { format = "png" });
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, Convert.FromBase64String((string)picture["data"]!));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // Where it is killed instead, its helpers may still write into the folder that is to go.
            await SendAsync("Browser.close", new { });
            await _process.WaitForExitAsync();
        }
        finally
        {
            _page.Dispose();
            await _process.DisposeAsync();
        }
        _profile.Delete(recursive: true);
    }

    /// <summary>Looks at the page now and at each change until the script returns something.</summary>
    private async Task<string> WhenPageChangesAsync(string script)
    {
        var expression =
            $$"""
            new Promise(resolve => {
                const started = Date.now();
                const look = () => { {{script}} };
                const settle = () => { const answer = look(); if (answer !== null) { observer.disconnect(); clearInterval(timer); resolve(answer); } };
                const observer = new MutationObserver(settle);
                const timer = setInterval(settle, 1000);
                observer.observe(document, { subtree: true, childList: true, characterData: true });
                settle();
            })
            """;
        while (true)
        {
            var answer = await CallAsync("Runtime.evaluate", new { expression, awaitPromise = true, returnByValue = true });
            if ((string?)answer["result"]?["value"] is { } text)
            {
                return text;
            }

            // The page that was being looked at gave way to the next one.
        }
    }

    private async Task<JsonNode> CallAsync(string method, object parameters)
    {
        using var limit = new CancellationTokenSource(Timeouts.Limit * 2);
        var id = await SendAsync(method, parameters);
        while (true)
        {
            var message = JsonNode.Parse(await ReceiveAsync(limit.Token))!;
            if ((int?)message["id"] == id)
            {
                return message["result"] ?? new JsonObject();
            }
        }
    }

    private async Task<int> SendAsync(string method, object parameters)
    {
        var id = ++_lastId;
        await _page.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters }), WebSocketMessageType.Text, true, CancellationToken.None);
        return id;
    }

    private async Task<byte[]> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _page.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return message.ToArray();
    }
}
