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
    public async Task A_record_has_the_time_severity_ids_source_and_fields_of_the_line()
    {
        var record = (await ForwardedAsync(MilvusLogSelection.Warning, "", [$"2026-11-24T17:14:55.1234567Z {OnTrace} [spanID=00f067aa0ba902b7]"]))
            .ShouldHaveSingleItem();

        record.TimeUnixNano.ShouldBe(1795540494098000000ul);
        (record.SeverityNumber, record.SeverityText).ShouldBe((9, "INFO"));
        Convert.ToHexStringLower(record.TraceId.Span).ShouldBe(Id);
        Convert.ToHexStringLower(record.SpanId.Span).ShouldBe("00f067aa0ba902b7");
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

    [Theory]
    [InlineData("panic: no collector", "", "goroutine 1 [running]:", "main.main()", "\t/go/main.go:4 +0x39")]
    [InlineData("SIGNAL CATCH BY NON-GO SIGNAL HANDLER", "SIGNO: 6", "BACKTRACE:", "abort", "\t/a/b.c:7 pc=0x1", "", "SIGABRT: abort")]
    [InlineData("thread '<unnamed>' panicked at src/lib.rs:5:1:", "index out of bounds", "note: run with", "fatal runtime error: panic, aborting")]
    [InlineData("F20261124 17:14:54.098000 8 plan.cpp:3] Check failed: x", "*** Check failure stack trace: ***", "    @ 0x7f", "SIGABRT: abort")]
    [InlineData("[2026/11/24 17:14:54.098 +00:00] [PANIC] [a/b.go:1] [broken]", "panic: broken", "", "goroutine 5 [running]:", "main.main()")]
    [InlineData("[2026/11/24 17:14:54.098 +00:00] [FATAL] [a/b.go:1] [\"it broke\"]", "")]
    [InlineData("fatal error: concurrent map writes", "", "goroutine 1 [running]:")]
    [InlineData("terminate called after throwing an instance of 'std::bad_alloc'", "  what():  std::bad_alloc", "SIGABRT: abort")]
    [InlineData("fatal runtime error: failed to initiate panic, error 5, aborting", "SIGABRT: abort")]
    public async Task A_crash_is_one_record(params string[] crash)
    {
        var records = await ForwardedAsync(MilvusLogSelection.Warning, "", [Info, .. crash[..2], Warning, .. crash[2..], OnTrace]);

        records.Select(record => record.SeverityNumber).Order().ShouldBe([9, 13, 21]);
        records.Single(record => record.SeverityNumber == 21).Body.StringValue.ShouldEndWith(string.Join('\n', crash[1..]));
    }

    [Fact]
    public async Task A_crash_names_the_traces_of_the_requests_in_flight()
    {
        string[] ids = [.. Enumerable.Range(1, 5).Select(number => $"{number:x32}")];
        string Line(int second, int request, string message) =>
            $"2026-11-24T17:14:{second:00}.0000000Z {Head} [INFO] [proxy/impl.go:7] [\"{message}\"] [traceID={ids[request]}]";

        var records = await ForwardedAsync(
            MilvusLogSelection.Warning,
            "",
            [
                Line(0, 0, "Query received"), Line(40, 1, "Search received"), Line(41, 2, "Insert received"), Line(42, 1, "Search done"),
                Line(43, 3, "Delete received"), Line(44, 4, "Flush failed to WaitToFinish"), "2026-11-24T17:14:45.0000000Z SIGSEGV: segmentation violation",
            ]);

        var crash = records.Single(record => record.SeverityText == "FATAL");
        Convert.ToHexStringLower(crash.TraceId.Span).ShouldBe(ids[3]);
        crash.Attributes.Single(attribute => attribute.Key == "milvus.in_flight_trace_ids").Value.StringValue.ShouldBe($"{ids[3]} {ids[2]}");
    }

    [Fact]
    public async Task A_REST_request_with_several_errors_is_one_record()
    {
        string[] lines =
        [
            $"[2026/11/24 17:14:54.098 Z] [GIN] [/v2/x] [traceID={Id}] [code=500] [latency=1ms] [client=::1] [method=PUT] [error=Error #01: a",
            "Error #02: b",
            "]",
            "Error #03: of another",
        ];

        var record = (await ForwardedAsync(MilvusLogSelection.Warning, "", lines)).ShouldHaveSingleItem();

        record.Attributes.Single(attribute => attribute.Key == "error").Value.StringValue.ShouldBe("Error #01: a\nError #02: b");
    }

    [Fact]
    public async Task A_very_long_entry_is_split()
    {
        var lines = Enumerable.Repeat("\tmain.recurse(...)", 10_000);

        var records = await ForwardedAsync(MilvusLogSelection.All, "", ["deep", .. lines]);

        records.Count.ShouldBeGreaterThan(1);
        records.Sum(record => record.Body.StringValue.Split('\n').Length).ShouldBe(10_001);
    }

    [Fact]
    public async Task A_very_long_crash_is_one_record_that_is_cut()
    {
        var goroutines = Enumerable.Range(1, 10_000).Select(number => $"goroutine {number} [running]:");

        var record = (await ForwardedAsync(MilvusLogSelection.All, "", ["panic: deep", .. goroutines])).ShouldHaveSingleItem();

        record.Body.StringValue.Length.ShouldBeLessThan(70_000);
        record.Body.StringValue.ShouldEndWith("more lines");
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

    internal static async Task<List<LogRecord>> ForwardedAsync(
        MilvusLogSelection selection, string password, string[] lines, MilvusExportFailures? failures = null)
    {
        var records = new List<LogRecord>();
        var forwarder = new MilvusLogForwarder(selection, password, records.Add, TimeProvider.System, failures);
        IReadOnlyList<LogLine> batch = [.. lines.Select((line, number) => new LogLine(number + 1, line, false))];
        await forwarder.ReadAsync(new[] { batch }.ToAsyncEnumerable(), CancellationToken.None);
        return records;
    }
}
