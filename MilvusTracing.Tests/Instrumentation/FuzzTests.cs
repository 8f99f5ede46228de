using Grpc.Net.Client;
using MilvusTracing.Instrumentation.Protocol;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>Any bytes, in both directions, are read without harm. The cases are the same each time.</summary>
[Collection(ProcessWide.Name)]
public sealed class FuzzTests
{
    private const int Cases = 100_000;

    private static readonly MilvusMethod[] Rpcs = [.. MilvusMethod.All.OrderBy(rpc => rpc.Name)];

    /// <summary>Of a search, with all that is read of it.</summary>
    private static readonly byte[] Request = Message(
        (2, "shop"), (3, "books"), (5, "year > 1999"), (6, Message((1, Message((1, "$0"), (3, new byte[16]), (3, new byte[16]))))), (7, 1), (8, "title"),
        (9, Message((1, "topk"), (2, "10"))), (9, Message((1, "metric_type"), (2, "COSINE"))), (12, 2), (14, 2), (15, 0));

    private static readonly byte[] Answer = Message(
        (1, Status(100, "no")), (2, Message((1, 1), (2, 2), (3, Message((3, Message((3, Message((1, new long[] { 1, 2 }))))))), (4, new float[] { 1, 2 }))));

    private static readonly byte[] Columns = Message(
        (1, Message()), (2, Message((1, 101), (4, Message((1, 2), (2, Message((1, new float[] { 1, 2, 3, 4, 5, 6 }))))))));

    [Fact]
    public void A_request_of_any_bytes_is_read()
    {
        var random = new Random(20261124);
        for (var number = 0; number < Cases; number++)
        {
            var message = Mutated(Request, random);
            foreach (var field in new[] { Rpcs[number % Rpcs.Length], Rpcs.Single(rpc => rpc.Name == "Search") })
            {
                var read = RequestSummary.Read(message, field.Request);

                _ = read.MetricTypeName();
                _ = read.ConsistencyLevel;
                read.Collection.Length.ShouldBeLessThanOrEqualTo(message.Length);
                read.QueryVectors.ShouldBeGreaterThanOrEqualTo(0u);
            }
        }
    }

    [Fact]
    public void An_answer_of_any_bytes_is_read_the_same_however_it_is_cut()
    {
        var random = new Random(20261124);
        for (var number = 0; number < Cases; number++)
        {
            var rows = (AnsweredRows)(number % 3);
            var message = Mutated(rows == AnsweredRows.Query ? Columns : Answer, random);
            var whole = new AnswerReader(number % 7 == 0, rows);
            whole.Read(message);
            whole.End();

            var cut = new AnswerReader(number % 7 == 0, rows);
            for (var at = 0; at < message.Length;)
            {
                var count = Math.Min(random.Next(1, 12), message.Length - at);
                cut.Read(message.AsSpan(at, count));
                at += count;
            }

            cut.End();
            (cut.Code, cut.Reason, cut.Rows).ShouldBe((whole.Code, whole.Reason, whole.Rows));
            whole.IsDone.ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(1, new long[] { 1, 0, 1 }, 3)] // booleans
    [InlineData(2, new long[] { 1, 300, 70_000 }, 3)] // integers
    [InlineData(3, new long[] { 1, 300, -1, 5 }, 4)] // longs
    public void Rows_of_numbers_are_counted(int kind, long[] numbers, int expected)
        => Count(Message((1, Message()), (2, Message((1, 5), (2, "column"), (3, Message((kind, Message((1, numbers)))))))), AnsweredRows.Query).ShouldBe(expected);

    [Fact]
    public void Rows_of_every_other_kind_are_counted()
    {
        Count(Scalars(4, Message((1, new float[] { 1, 2, 3 })))).ShouldBe(3);
        Count(Scalars(5, Message((1, new byte[16])))).ShouldBe(2);
        Count(Scalars(6, Message((1, "a"), (1, ""), (1, "c")))).ShouldBe(3);
        Count(Scalars(9, Message((1, "{}"), (1, "{}")))).ShouldBe(2);
        Count(Vectors(Message((1, 2), (2, Message((1, new float[] { 1, 2, 3, 4 })))))).ShouldBe(2);
        Count(Vectors(Message((1, 16), (3, new byte[6])))).ShouldBe(3);
        Count(Vectors(Message((1, 4), (4, new byte[16])))).ShouldBe(2);
        Count(Message((1, Message()), (4, "title"))).ShouldBe(0);
        Count(Message((1, Message()), (2, Message((1, 1), (2, 3)))), AnsweredRows.Search).ShouldBe(0);
        Count(Message((1, Message()), (2, Message((4, new float[7])))), AnsweredRows.Search).ShouldBe(7);
        Count(Message((1, Message()), (2, Message((4, new float[7]))))[..^1], AnsweredRows.Search).ShouldBeNull();

        static byte[] Scalars(int kind, byte[] data) => Message((1, Message()), (2, Message((3, Message((kind, data))))), (2, Message((3, Message((kind, data))))));
        static byte[] Vectors(byte[] vectors) => Message((1, Message()), (2, Message((4, vectors))));
    }

    [Fact]
    public async Task A_server_that_answers_any_bytes_and_a_client_that_sends_any_fail_no_call_that_would_not_fail_anyway()
    {
        var random = new Random(20261124);
        await using var milvus = await MilvusDouble.StartAsync();
        using var telemetry = new Telemetry(milvus.Address, options => options.RecordReturnedRows = options.RecordFilter = true, isMetering: true);
        using var channel = GrpcChannel.ForAddress(milvus.Address);
        const int calls = 500;
        for (var number = 0; number < calls; number++)
        {
            var answer = Mutated(number % 2 == 0 ? Answer : Columns, random);
            milvus.Answer = _ => answer;

            (await channel.CallAsync(number % 2 == 0 ? "Search" : "Query", Mutated(Request, random))).ShouldBe(answer);
        }

        telemetry.Spans.Count.ShouldBe(calls);
        telemetry.Durations.Sum(point => point.Point.GetHistogramCount()).ShouldBe(calls);
    }

    private static long? Count(byte[] answer, AnsweredRows rows = AnsweredRows.Query)
    {
        var reader = new AnswerReader(isStatusAlone: false, rows);
        reader.Read(answer);
        reader.End();
        return reader.Rows;
    }

    /// <returns>Random bytes, or the message with some bytes changed, or cut off, or twice.</returns>
    private static byte[] Mutated(byte[] message, Random random)
    {
        if (random.Next(5) == 0)
        {
            var bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            return bytes;
        }

        byte[] mutated = random.Next(4) switch
        {
            0 => [.. message, .. message],
            1 => message[..random.Next(message.Length)],
            _ => [.. message],
        };
        for (var changes = random.Next(4); changes > 0 && mutated.Length > 0; changes--)
        {
            mutated[random.Next(mutated.Length)] = random.Next(3) switch { 0 => 0xFF, 1 => 0x80, _ => (byte)random.Next(256) };
        }

        return mutated;
    }
}
