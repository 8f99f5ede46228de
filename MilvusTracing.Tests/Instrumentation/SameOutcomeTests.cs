using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Milvus.Client;
using MilvusTracing.Instrumentation.Calls;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>Results and exceptions of calls are the same with the instrumentation and without it.</summary>
public sealed class SameOutcomeTests() : InstrumentationTest(isObserved: false)
{
    private const string NoServer = "NoServer";

    public static TheoryData<string> Faults => [NoServer, .. Enum.GetNames<Fault>().Where(fault => fault != nameof(Fault.Hang))];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Of_each_fault_with_private_fields_of_HttpContent_and_without(string fault)
    {
        var without = await OutcomesAsync(fault);
        var with = await ObservedOutcomesAsync(fault);
        HttpContentFields.IsEnabled.ShouldBeTrue("The runtime lacks the private fields.");
        HttpContentFields.IsEnabled = false;
        try
        {
            var withoutFields = await ObservedOutcomesAsync(fault);
            withoutFields.Outcomes.ShouldBe(without);
            withoutFields.Errors.ShouldBe(with.Errors);
        }
        finally
        {
            HttpContentFields.IsEnabled = true;
        }

        with.Outcomes.ShouldBe(without);
    }

    private async Task<(List<string> Outcomes, List<string> Errors)> ObservedOutcomesAsync(string fault)
    {
        using var telemetry = new Telemetry(AddressOf(fault), options => options.RecordFilter = true);
        var outcomes = await OutcomesAsync(fault);
        await telemetry.WaitForAsync(outcomes.Count);
        return (outcomes, [.. telemetry.Spans.Select(span => $"{span.GetTagItem("db.operation.name")} {span.GetTagItem("error.type")}").Order()]);
    }

    private async Task<List<string>> OutcomesAsync(string fault)
    {
        using var client = new MilvusClient(AddressOf(fault), apiKey: "token", database: fault);
        using var channel = GrpcChannel.ForAddress(AddressOf(fault));
        var books = client.GetCollection("books");
        var headers = new Metadata { { "dbname", fault } };
        return
        [
            await OutcomeOfAsync(async () => await SearchAsync(client)),
            await OutcomeOfAsync(async () => ((FieldData<long>)(await books.QueryAsync("id > 0"))[0]).Data.Sum()),
            await OutcomeOfAsync(async () => (await books.InsertAsync([FieldData.Create("id", new long[10_000])])).InsertCount),
            await OutcomeOfAsync(async () => await client.HasCollectionAsync("books")),
            await OutcomeOfAsync(async () => { await books.DropAsync(); return null; }),
            await OutcomeOfAsync(async () => (await client.HealthAsync()).ToString()),
            await OutcomeOfAsync(async () => Convert.ToHexString(await channel.CallAsync("Flush", Message((3, "books")), headers))),
            await OutcomeOfAsync(async () => await channel.CallAsync("Insert", Message((3, "books"), (5, new byte[5_000_000])), headers)),
            await OutcomeOfAsync(async () => await channel.CallAsync("Search", [], headers, DateTime.UtcNow.AddDays(-1))),
        ];
    }

    private Uri AddressOf(string fault) => fault == NoServer ? new Uri("http://127.0.0.1:1") : Milvus.Address;

    /// <returns>The result, or the exception with its inner exceptions.</returns>
    private static async Task<string> OutcomeOfAsync(Func<Task<object?>> call)
    {
        try
        {
            return JsonSerializer.Serialize(await call());
        }
        catch (Exception exception)
        {
            var outcome = new StringBuilder();
            for (var next = exception; next is not null; next = (next as RpcException)?.Status.DebugException ?? next.InnerException)
            {
                outcome.AppendLine($"{next.GetType()}: {next.Message} {(next as RpcException)?.StatusCode} {(next as HttpRequestException)?.HttpRequestError}");
            }

            return outcome.ToString();
        }
    }
}
