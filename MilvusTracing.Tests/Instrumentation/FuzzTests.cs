using MilvusTracing.Instrumentation.Protocol;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>Requests and responses of random bytes. The seed is fixed, so that each run has the same cases.</summary>
public sealed class FuzzTests
{
    private const int Cases = 100_000;

    private static readonly MilvusMethod[] Methods = [.. MilvusMethod.All.OrderBy(method => method.Name)];

    /// <summary>A search with each field that is read.</summary>
    private static readonly byte[] Request = Message(
        (2, "shop"), (3, "books"), (5, "year > 1999"), (6, Message((1, Message((1, "$0"), (3, new byte[16]), (3, new byte[16]))))), (7, 1), (8, "title"),
        (9, Message((1, "topk"), (2, "10"))), (9, Message((1, "metric_type"), (2, "COSINE"))), (12, 2), (14, 2), (15, 0));

    private static readonly byte[] Response = Message((1, Status(100, "no")), (2, Message((1, 1), (2, 2), (4, new float[] { 1, 2 }))));

    [Fact]
    public void Any_request_is_read()
    {
        var random = new Random(20261124);
        for (var number = 0; number < Cases; number++)
        {
            var message = Mutated(Request, random);
            var method = number % 2 == 0 ? Methods.Single(method => method.Name == "Search") : Methods[number % Methods.Length];
            var read = RequestSummary.Read(message, method.Request);

            _ = read.MetricType;
            _ = read.ConsistencyLevel;
            read.Collection.Length.ShouldBeLessThanOrEqualTo(message.Length);
        }
    }

    [Fact]
    public void Any_response_in_pieces_has_the_same_status_as_in_one_piece()
    {
        var random = new Random(20261124);
        for (var number = 0; number < Cases; number++)
        {
            var message = Mutated(number % 2 == 0 ? Response : Status(100, "no"), random);
            var whole = new StatusReader();
            whole.Read(message);
            _ = SearchScores.Read(message);

            var pieces = new StatusReader();
            for (var at = 0; at < message.Length;)
            {
                var count = Math.Min(random.Next(1, 12), message.Length - at);
                pieces.Read(message.AsSpan(at, count));
                at += count;
            }

            (pieces.Code, pieces.Reason, pieces.IsComplete).ShouldBe((whole.Code, whole.Reason, whole.IsComplete));
        }
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(10_000, true)]
    [InlineData(100_000, false)]
    public void The_code_behind_a_long_reason_is_read_and_the_reason_is_cut(int length, bool isNested)
    {
        var status = Status(1100, new string('x', length));
        var reader = new StatusReader();

        reader.Read(isNested ? Message((1, status), (2, "results")) : status);

        reader.Code.ShouldBe(1100);
        reader.Reason.ShouldBe(new string('x', Math.Min(length, 1024)));
    }

    /// <returns>Random bytes, or the message with some bytes changed, cut off, or repeated.</returns>
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
