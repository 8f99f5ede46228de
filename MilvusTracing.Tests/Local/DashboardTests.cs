using System.Net;
using System.Runtime.InteropServices;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Local;

/// <summary>Local with the real Aspire dashboard.</summary>
public sealed class DashboardTests
{
    [BrowserFact]
    public async Task The_trace_page_shows_the_workers_and_Milvuss_spans_in_one_trace()
    {
        await using var local = LocalProgram.Start();
        var link = await local.WaitForLineAsync("trace      ");
        await using var browser = await Browser.StartAsync(width: 1400, height: 900);

        await browser.OpenAsync(new Uri(link["trace      ".Length..]));

        await browser.WaitForTextAsync("quick_setup", "milvus-client", "standalone", "Proxy-HasCollection");

        // What comes before the search has to make room for it.
        foreach (var operation in new[] { "has_collection", "create_collection", "create_index", "load_collection", "insert" })
        {
            await browser.ClickInAsync(".span-overview-container", $"{operation} quick_setup");
        }
        await browser.WaitForTextAsync("search quick_setup", "Proxy-Search-Execute", "SegCoreSearch", "segcore");
        await browser.SavePictureAsync(Path.Combine(BuiltProject.Root, "artifacts", "joined-trace.png"));
    }

    [DashboardFact]
    public async Task Nobody_gets_in_without_the_key_or_the_token_and_a_signal_stops_it_too()
    {
        await using var local = LocalProgram.Start();
        var login = new Uri((await local.WaitForLineAsync("dashboard  http"))["dashboard  ".Length..]);
        await local.WaitForLineAsync("joined: ");
        login.IsLoopback.ShouldBeTrue();
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        (await client.GetAsync(new Uri(login, "/api/telemetry/traces"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await client.GetAsync(new Uri(login, "/traces"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var children = ProcessTree.Descendants(local.Id);
        children.Values.ShouldContain(command => command.Contains("aspire-managed"));
        children.Values.ShouldNotContain(command => command.Contains(login.Query.Split('=')[1]));

        local.Signal(PosixSignal.SIGINT);

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        await ProcessTree.WaitUntilGoneAsync(children);
    }

    [DashboardFact]
    public async Task Other_clients_are_sent_to_where_Milvuss_own_spans_are()
    {
        await using var emulated = LocalProgram.Start("--no-worker");
        (await emulated.WaitForLineAsync("  OTEL_EXPORTER_OTLP_HEADERS=")).ShouldContain("x-otlp-api-key=");
        await using var real = LocalProgram.Start(["--no-worker"], new()
        {
            ["ConnectionStrings__milvus"] = "Endpoint=http://milvus.example:19530",
            ["ConnectionStrings__jaeger"] = "http://jaeger.example:4317",
        });

        await real.WaitForLineAsync("Ctrl+C");

        real.Lines.ShouldContain("  OTEL_EXPORTER_OTLP_ENDPOINT=http://jaeger.example:4317/");
        real.Output.ShouldNotContain("x-otlp-api-key");
    }

    [DashboardFact]
    public async Task A_dashboard_that_dies_ends_the_run_with_a_sentence()
    {
        await using var local = LocalProgram.Start();
        await local.WaitForLineAsync("joined: ");
        var dashboard = ProcessTree.Find(local.Id, "aspire-managed");

        System.Diagnostics.Process.GetProcessById(dashboard).Kill();

        (await local.WaitForExitAsync()).ShouldBe(2, local.Output);
        local.ErrorOutput.ShouldStartWith("The dashboard ended with exit code ");
    }

    [DashboardFact]
    public async Task Two_at_once_have_a_dashboard_each()
    {
        await using var one = LocalProgram.Start("--once");
        await using var other = LocalProgram.Start("--once");

        (await one.WaitForExitAsync()).ShouldBe(0, one.Output);
        (await other.WaitForExitAsync()).ShouldBe(0, other.Output);
        PagesOf(one).ShouldNotBe(PagesOf(other));

        static string PagesOf(ChildProcess local) => local.Lines.Where(line => line.StartsWith("dashboard  http")).ShouldHaveSingleItem(local.Output);
    }
}
