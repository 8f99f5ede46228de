using System.Globalization;
using System.Net;
using MilvusTracing.Tests.Hosting.Jaeger;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>A real Jaeger with the rendered ConfigMap and a fake OpenSearch.</summary>
public sealed class HubTests
{
    private const string Store = "--set=extensions.jaeger_storage.backends.opensearch.opensearch";

    [RequiresFact(Capability.Kubectl, Capability.Jaeger)]
    public async Task Jaeger_accepts_the_configuration_of_each_overlay()
    {
        foreach (var overlay in new[] { "hub", "tail-sampling" })
        {
            using var files = await HubFiles.CreateAsync(overlay);

            var (exitCode, output) = await JaegerProgram.ValidateAsync(files.Arguments, files.Environment);

            exitCode.ShouldBe(0, $"{overlay}: {output}");
        }
    }

    [RequiresFact(Capability.Kubectl, Capability.Jaeger)]
    public async Task Spans_are_written_to_daily_indices_with_the_Secrets_credentials()
    {
        await using var store = await FakeOpenSearch.StartAsync();
        using var files = await HubFiles.CreateAsync("hub");
        await using var hub = await StartAsync(files, store);
        var day = new DateTimeOffset(2026, 2, 3, 23, 59, 59, TimeSpan.Zero);

        await hub.SendAsync("proxy", [Span(day), Span(day), Span(day.AddSeconds(1))]);

        await ShouldStoreAsync(store, day, 2);
        await ShouldStoreAsync(store, day.AddDays(1), 1);
    }

    [RequiresFact(Capability.Kubectl, Capability.Jaeger)]
    public async Task While_the_store_hangs_the_queue_fills_and_further_spans_get_a_retryable_error()
    {
        const int Batch = 1_000;
        await using var store = await FakeOpenSearch.StartAsync();
        using var files = await HubFiles.CreateAsync("hub");
        files.Arguments.Add("--set=exporters.jaeger_storage_exporter.queue.queue_size=5000");
        await using var hub = await StartAsync(files, store);
        var now = DateTimeOffset.UtcNow;
        store.Hang();

        var accepted = 0;
        HttpStatusCode status;
        do
        {
            using var response = await hub.PostAsync("proxy", Enumerable.Range(0, Batch).Select(_ => Span(now)));
            status = response.StatusCode;
            accepted += status == HttpStatusCode.OK ? Batch : 0;
        }
        while (status == HttpStatusCode.OK && accepted < 100 * Batch);

        // The OTLP specification lists this status as retryable.
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        store.Resume();
        await ShouldStoreAsync(store, now, accepted);
    }

    private static Task<JaegerProgram> StartAsync(HubFiles files, FakeOpenSearch store)
    {
        files.Environment["OPENSEARCH_URL"] = store.Url.ToString().TrimEnd('/');
        files.Arguments.Add($"{Store}.auth.basic.password_file={files.Add("password", FakeOpenSearch.Password + "\n")}");
        files.Arguments.Add($"{Store}.tls.ca_file={files.Add("ca.crt", store.Pem)}");
        return files.StartAsync();
    }

    private static JaegerProgram.Span Span(DateTimeOffset start) =>
        new(Guid.NewGuid().ToString("N"), "Proxy-Search", start, TimeSpan.FromMilliseconds(1));

    private static async Task ShouldStoreAsync(FakeOpenSearch store, DateTimeOffset day, int count)
    {
        var index = string.Create(CultureInfo.InvariantCulture, $"jaeger-span-{day:yyyy-MM-dd}");
        await Timeouts.PollAsync(() => store.Count(index) >= count, () => $"{index} has {store.Count(index)} of {count} spans.");
        store.Count(index).ShouldBe(count);
    }
}
