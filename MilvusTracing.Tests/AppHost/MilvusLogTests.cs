using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

/// <summary>Milvus's log in the dashboard.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed class MilvusLogTests
{
    [Fact]
    public async Task The_emulators_log_of_a_pass_is_in_its_trace_once_also_after_a_restart()
    {
        await using var running = await RunningAppHost.WithEmulatorAsync();

        await ShouldBeInTraceAsync(running, await running.NextPassAsync());

        await running.RestartAsync("milvus");
        await ShouldBeInTraceAsync(running, await running.NextPassAsync());
    }

    [RequiresFact(Capability.Containers)]
    public async Task Milvuss_log_of_a_pass_is_in_its_trace_once_also_after_a_restart()
    {
        await using var running = await RunningAppHost.WithContainersAsync();

        await ShouldBeInTraceAsync(running, await running.NextPassAsync());

        await running.RestartAsync("milvus");
        await ShouldBeInTraceAsync(running, await running.NextPassAsync());
        (await LogsAsync(running, "severity=warning")).ShouldContain(record => (int)record["severityNumber"]! >= 13);
    }

    private static async Task ShouldBeInTraceAsync(RunningAppHost running, string trace)
    {
        IReadOnlyList<JsonNode> records = [];
        await Eventually(async () => (records = await LogsAsync(running, $"traceId={trace}")).Count > 0);

        records.ShouldAllBe(record => (string?)record["traceId"] == trace);
        records.ShouldAllBe(record => record["spanId"] == null);
        records.ShouldAllBe(record => (int)record["severityNumber"]! >= 5);
        records.ShouldAllBe(record => Attribute(record, "code.file.path") != null && int.Parse(Attribute(record, "code.line.number")!) > 0);
        records.ShouldAllBe(record => Attribute(record, "traceID") == null);
        records.Select(record => $"{record["timeUnixNano"]} {record["body"]} {Attribute(record, "code.line.number")} {Attribute(record, "method")}")
            .ShouldBeUnique();
    }

    private static async Task<IReadOnlyList<JsonNode>> LogsAsync(RunningAppHost running, string filter)
    {
        using var client = new HttpClient { BaseAddress = running.Dashboard };
        var response = await client.GetFromJsonAsync<JsonObject>($"/api/telemetry/logs?resource=milvus&limit=10000&{filter}");
        return
        [
            .. from resource in response!["data"]!["resourceLogs"]!.AsArray()
               from scope in resource!["scopeLogs"]!.AsArray()
               from record in scope!["logRecords"]!.AsArray()
               select record,
        ];
    }

    private static string? Attribute(JsonNode record, string key) =>
        (string?)record["attributes"]?.AsArray().FirstOrDefault(attribute => (string?)attribute!["key"] == key)?["value"]?["stringValue"];

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Timeouts.Limit);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), limit.Token);
        }
    }
}
