using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Hosting.Logs.Otlp;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Logs;

public sealed class OtlpLogSenderTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Records_are_exported_in_order_with_the_service_name()
    {
        var requests = new List<ExportLogsServiceRequest>();
        await RunAsync(Records(3_000), request => { requests.Add(request); return new(); }, () => requests.Sum(Count) == 3_000);

        requests.ShouldAllBe(request => request.ResourceLogs[0].Resource.Attributes[0].Value.StringValue == "milvus");
        requests.SelectMany(request => request.ResourceLogs[0].ScopeLogs[0].LogRecords).Select(record => record.Body.StringValue)
            .ShouldBe(Records(3_000).Select(record => record.Body.StringValue));
    }

    [Fact]
    public async Task A_request_is_smaller_than_a_gRPC_servers_limit()
    {
        var text = new string('x', 64 * 1024);
        var sizes = new List<int>();
        var records = Enumerable.Range(0, 200).Select(_ => new LogRecord { Body = new() { StringValue = text } });

        await RunAsync(records, request => { sizes.Add(request.CalculateSize()); return new(); }, () => sizes.Sum() > 200 * text.Length);

        sizes.ShouldAllBe(size => size < 4 * 1024 * 1024);
    }

    [Fact]
    public async Task Records_are_retried_while_the_receiver_is_unavailable()
    {
        var attempts = 0;
        var unavailable = new RpcException(new Status(StatusCode.Unavailable, "no connection"));
        var sender = await RunAsync(Records(10), _ => ++attempts < 5 ? throw unavailable : new(), () => attempts == 5);

        sender.TakeDropped().Count.ShouldBe(0);
    }

    [Fact]
    public async Task Rejected_records_are_counted_with_the_reason()
    {
        (await DroppedAsync(() => throw new RpcException(new Status(StatusCode.Unauthenticated, "wrong API key")))).ShouldBe((10, "Unauthenticated: wrong API key"));
        (await DroppedAsync(() => new() { PartialSuccess = new() { RejectedLogRecords = 4, ErrorMessage = "too many" } })).ShouldBe((4, "too many"));

        async Task<(long, string)> DroppedAsync(Func<ExportLogsServiceResponse> respond)
        {
            var attempts = 0;
            return (await RunAsync(Records(10), _ => { attempts++; return respond(); }, () => attempts == 1)).TakeDropped();
        }
    }

    [Fact]
    public void Records_beyond_the_queue_length_are_dropped_and_counted()
    {
        var sender = new OtlpLogSender("milvus", (_, _) => throw new InvalidOperationException(), _time);

        foreach (var record in Records(OtlpLogSender.QueueLength + 5_000))
        {
            sender.Add(record);
        }

        sender.TakeDropped().Count.ShouldBe(5_000);
    }

    private async Task<OtlpLogSender> RunAsync(
        IEnumerable<LogRecord> records, Func<ExportLogsServiceRequest, ExportLogsServiceResponse> respond, Func<bool> until)
    {
        using var stop = new CancellationTokenSource();
        var sender = new OtlpLogSender("milvus", (request, _) => Task.FromResult(respond(request)), _time);
        foreach (var record in records)
        {
            sender.Add(record);
        }

        var running = sender.RunAsync(stop.Token);
        using var limit = new CancellationTokenSource(Timeouts.Limit);
        while (!until())
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        stop.Cancel();
        await Should.ThrowAsync<OperationCanceledException>(running);
        return sender;
    }

    private static int Count(ExportLogsServiceRequest request) => request.ResourceLogs[0].ScopeLogs[0].LogRecords.Count;

    private static IEnumerable<LogRecord> Records(int count) =>
        Enumerable.Range(0, count).Select(number => new LogRecord { Body = new() { StringValue = $"{number}" } });
}
