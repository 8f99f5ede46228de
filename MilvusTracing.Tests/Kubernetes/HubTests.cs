using System.Globalization;
using System.Net;
using MilvusTracing.Tests.Hosting.Jaeger;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The real Jaeger with the rendered ConfigMap. Its store is a double: there is no OpenSearch here.</summary>
public sealed class HubTests
{
    // Read as YAML, it would be a number.
    private const string Password = "0815";

    private const string Store = "--set=extensions.jaeger_storage.backends.opensearch.opensearch";

    [RequiresFact(Capability.Kubectl, Capability.Jaeger)]
    public async Task Each_hub_has_a_configuration_that_Jaeger_takes()
    {
        foreach (var overlay in new[] { "hub", "tail-sampling" })
        {
            using var files = await HubFiles.CreateAsync(overlay);

            var (exitCode, output) = await JaegerProgram.ValidateAsync(files.Arguments, files.Environment);

            exitCode.ShouldBe(0, $"{overlay}: {output}");
        }
    }

    [RequiresFact(Capability.Kubectl, Capability.Jaeger)]
    public async Task Spans_are_written_into_an_index_a_day_by_the_Secrets_user()
    {
        await using var store = await OpenSearchDouble.StartAsync("jaeger", Password);
        using var files = await HubFiles.CreateAsync("hub");
        await using var hub = await StartAsync(files, store);
        var day = new DateTimeOffset(2026, 2, 3, 23, 59, 59, TimeSpan.Zero);

        await hub.SendAsync("proxy", [Span(day), Span(day), Span(day.AddSeconds(1))]);

        await StoredAsync(store, day, 2);
        await StoredAsync(store, day.AddDays(1), 1);
    }

    [RequiresFact(Capability.Kubectl, Capability.Jaeger)]
    public async Task While_the_store_hangs_spans_wait_up_to_the_bound_and_more_are_refused_so_that_senders_try_again()
    {
        const int Batch = 1_000;
        await using var store = await OpenSearchDouble.StartAsync("jaeger", Password);
        using var files = await HubFiles.CreateAsync("hub");
        files.Arguments.Add("--set=exporters.jaeger_storage_exporter.queue.queue_size=5000");
        await using var hub = await StartAsync(files, store);
        var now = DateTimeOffset.UtcNow;
        store.Hang();

        var accepted = 0;
        HttpStatusCode answer;
        do
        {
            using var response = await hub.PostAsync("proxy", Enumerable.Range(0, Batch).Select(_ => Span(now)));
            answer = response.StatusCode;
            accepted += answer == HttpStatusCode.OK ? Batch : 0;
        }
        while (answer == HttpStatusCode.OK && accepted < 100 * Batch);

        // By the OTLP specification one of the answers after which a sender tries again.
        answer.ShouldBe(HttpStatusCode.ServiceUnavailable);
        store.Continue();
        await StoredAsync(store, now, accepted);
    }

    private static Task<JaegerProgram> StartAsync(HubFiles files, OpenSearchDouble store)
    {
        files.Environment["OPENSEARCH_URL"] = store.Url.ToString().TrimEnd('/');
        files.Arguments.Add($"{Store}.auth.basic.password_file={files.Add("password", Password + "\n")}");
        files.Arguments.Add($"{Store}.tls.ca_file={files.Add("ca.crt", store.Pem)}");
        return files.StartAsync();
    }

    private static JaegerProgram.Span Span(DateTimeOffset start) =>
        new(Guid.NewGuid().ToString("N"), "Proxy-Search", start, TimeSpan.FromMilliseconds(1));

    private static async Task StoredAsync(OpenSearchDouble store, DateTimeOffset day, int count)
    {
        var index = string.Create(CultureInfo.InvariantCulture, $"jaeger-span-{day:yyyy-MM-dd}");
        using var limit = new CancellationTokenSource(Timeouts.Limit);
        while (store.Count(index) < count && !limit.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        store.Count(index).ShouldBe(count);
    }
}
