using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Time.Testing;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Hosting.Logs.Otlp;

namespace MilvusTracing.Tests.Hosting.Logs;

public sealed class MilvusLogForwarderTests
{
    private const string Id = "f999fe5fa7f4fa9677d4ecfac402af72";
    private const string Head = "[2026/11/24 17:14:54.098 +00:00]";
    private const string OnTrace = $"{Head} [INFO] [a/b.go:7] [searching] [traceID={Id}] [nq=1]";
    private const string Warning = $"{Head} [WARN] [a/b.go:8] [slow]";
    private const string Info = $"{Head} [INFO] [a/b.go:9] [idle]";
    private const string Banner = "Welcome to use Milvus!";

    [Theory]
    [InlineData(MilvusLogSelection.All, "searching", "slow", "idle", Banner)]
    [InlineData(MilvusLogSelection.Warning, "searching", "slow")]
    [InlineData(MilvusLogSelection.Trace, "searching")]
    [InlineData(MilvusLogSelection.None)]
    public async Task The_selection_decides_which_entries_are_sent(MilvusLogSelection selection, params string[] expected) =>
        (await ForwardedAsync(selection, "", [OnTrace, Warning, Info, Banner])).Select(record => record.Body.StringValue).ShouldBe(expected);

    [Fact]
    public async Task A_record_has_the_time_severity_trace_id_source_and_fields_of_the_line()
    {
        var record = (await ForwardedAsync(MilvusLogSelection.Warning, "", [$"2026-11-24T17:14:55.1234567Z {OnTrace}"])).ShouldHaveSingleItem();

        record.TimeUnixNano.ShouldBe(1795540494098000000ul);
        (record.SeverityNumber, record.SeverityText).ShouldBe((9, "INFO"));
        Convert.ToHexStringLower(record.TraceId.Span).ShouldBe(Id);
        record.Attributes.Select(attribute => (attribute.Key, attribute.Value.StringValue + attribute.Value.IntValue))
            .ShouldBe([("code.file.path", "a/b.go0"), ("code.line.number", "7"), ("nq", "10")]);
    }

    [Fact]
    public async Task A_line_without_a_time_gets_the_time_at_which_Aspire_received_it() =>
        (await ForwardedAsync(MilvusLogSelection.All, "", [$"2026-11-24T17:14:55.1230000Z {Banner}"])).ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                record => record.TimeUnixNano.ShouldBe(1795540495123000000ul),
                record => record.Body.StringValue.ShouldBe(Banner));

    [Fact]
    public async Task A_line_that_Aspire_streams_twice_is_sent_once()
    {
        string[] log = [$"2026-11-24T17:14:55.1234567Z {OnTrace}", $"2026-11-24T17:14:55.1234568Z {OnTrace}"];

        (await ForwardedAsync(MilvusLogSelection.Warning, "", [.. log, .. log])).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_crash_is_one_record()
    {
        string[] crash = ["panic: no collector", "", "goroutine 1 [running]:", "main.main()", "\t/go/main.go:4 +0x39"];

        var records = await ForwardedAsync(MilvusLogSelection.Warning, "", [Info, .. crash, Warning]);

        records.Select(record => record.Body.StringValue).ShouldBe([string.Join('\n', crash), "slow"]);
        records[0].SeverityText.ShouldBe("FATAL");
    }

    [Fact]
    public async Task A_very_long_entry_is_split()
    {
        var lines = Enumerable.Repeat("\tmain.recurse(...)", 10_000);

        var records = await ForwardedAsync(MilvusLogSelection.All, "", ["panic: deep", .. lines]);

        records.Count.ShouldBeGreaterThan(1);
        records.Sum(record => record.Body.StringValue.Split('\n').Length).ShouldBe(10_001);
    }

    [Theory]
    [InlineData("s3cret", $"{Head} [WARN] [a/b.go:7] [\"password s3cret\"] [token=root:s3cret] [auth=cm9vdDpzM2NyZXQ=]", "s3cret", "cm9vdDpzM2NyZXQ=")]
    [InlineData("Milvus", $"{Head} [WARN] [a/b.go:7] [\"Milvus is here\"] [token=root:Milvus]", "root:Milvus")]
    public async Task Roots_password_is_masked(string password, string line, params string[] secrets)
    {
        var record = (await ForwardedAsync(MilvusLogSelection.Warning, password, [line])).ShouldHaveSingleItem();

        foreach (var secret in secrets)
        {
            record.ToString().ShouldNotContain(secret);
        }

        record.ToString().ShouldContain("***");
    }

    [Fact]
    public async Task An_entry_is_sent_when_no_continuation_line_follows()
    {
        var time = new FakeTimeProvider();
        var log = System.Threading.Channels.Channel.CreateUnbounded<IReadOnlyList<LogLine>>();
        var sent = new TaskCompletionSource<LogRecord>();
        var forwarder = new MilvusLogForwarder(MilvusLogSelection.All, "", record => sent.TrySetResult(record), time);
        using var stop = new CancellationTokenSource();
        var reading = forwarder.ReadAsync(log.Reader.ReadAllAsync(), stop.Token);

        log.Writer.TryWrite([new LogLine(1, Warning, false)]);
        while (!sent.Task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await sent.Task).Body.StringValue.ShouldBe("slow");
        log.Writer.Complete();
        await reading;
    }

    private static async Task<List<LogRecord>> ForwardedAsync(MilvusLogSelection selection, string password, string[] lines)
    {
        var records = new List<LogRecord>();
        var forwarder = new MilvusLogForwarder(selection, password, records.Add, TimeProvider.System);
        await forwarder.ReadAsync(
            new[] { (IReadOnlyList<LogLine>)[.. lines.Select((line, number) => new LogLine(number + 1, line, false))] }.ToAsyncEnumerable(), CancellationToken.None);
        return records;
    }
}
