using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Milvus.Client;
using MilvusTracing.Instrumentation.Calls;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>Results and exceptions of calls are the same with the instrumentation and without it.</summary>
[Collection(ProcessWide.Name)]
public sealed class SameOutcomeTests : IAsyncLifetime
{
    private FakeMilvus _milvus = null!;

    public async Task InitializeAsync() => _milvus = await FakeMilvus.StartAsync();

    public async Task DisposeAsync() => await _milvus.DisposeAsync();

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Of_each_fault(string fault)
    {
        var without = await OutcomesAsync(_milvus.Address, fault);
        using var telemetry = new Telemetry(_milvus.Address, options => options.RecordFilter = true, isMetering: true);
        var with = await OutcomesAsync(_milvus.Address, fault);

        with.ShouldBe(without);
        await telemetry.WaitForAsync(without.Count);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Of_each_fault_without_private_fields_of_HttpContent(string fault)
    {
        HttpContentFields.IsEnabled = false;
        try
        {
            await Of_each_fault(fault);
        }
        finally
        {
            HttpContentFields.IsEnabled = true;
        }
    }

    [Fact]
    public async Task Without_a_server()
    {
        var nowhere = new Uri("http://127.0.0.1:1");
        var without = await OutcomesAsync(nowhere, nameof(Fault.None));
        using var telemetry = new Telemetry(nowhere, isMetering: true);

        (await OutcomesAsync(nowhere, nameof(Fault.None))).ShouldBe(without);
    }

    [Fact]
    public async Task If_the_server_aborts_while_a_large_request_is_written()
    {
        var without = await OutcomeOfAsync(InsertAsync);
        using var telemetry = new Telemetry(_milvus.Address);

        (await OutcomeOfAsync(InsertAsync)).ShouldBe(without);

        async Task<object?> InsertAsync()
        {
            using var channel = GrpcChannel.ForAddress(_milvus.Address);
            return await channel.CallAsync("Insert", Wire.Message((3, "books"), (5, new byte[20_000_000])), new Metadata { { "dbname", nameof(Fault.Abort) } });
        }
    }

    [Fact]
    public async Task If_a_handler_of_the_application_buffers_the_request_and_the_response()
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var channel = GrpcChannel.ForAddress(_milvus.Address, new GrpcChannelOptions { HttpHandler = new BufferingHandler(new SocketsHttpHandler()) });

        var response = await channel.CallAsync("Query", Wire.Message((3, "books")));

        response.Length.ShouldBeGreaterThan(FakeMilvus.RowCount);
        telemetry.Span.DisplayName.ShouldBe("query books");
    }

    public static TheoryData<string> Faults() => [.. Enum.GetNames<Fault>().Where(fault => fault != nameof(Fault.Hang))];

    private static async Task<List<string>> OutcomesAsync(Uri server, string fault)
    {
        using var client = new MilvusClient(server, apiKey: "key", database: fault);
        using var channel = GrpcChannel.ForAddress(server);
        var books = client.GetCollection("books");
        var headers = new Metadata { { "dbname", fault } };
        return
        [
            await OutcomeOfAsync(async () => await books.SearchAsync<float>("vector", [new float[128]], SimilarityMetricType.L2, limit: 5)),
            await OutcomeOfAsync(async () => ((FieldData<long>)(await books.QueryAsync("id > 0"))[0]).Data.Sum()),
            await OutcomeOfAsync(async () => (await books.InsertAsync([FieldData.Create("id", new long[10_000])])).InsertCount),
            await OutcomeOfAsync(async () => await client.HasCollectionAsync("books")),
            await OutcomeOfAsync(async () => { await books.DropAsync(); return null; }),
            await OutcomeOfAsync(async () => (await client.HealthAsync()).ToString()),
            await OutcomeOfAsync(async () => Convert.ToHexString(await channel.CallAsync("Flush", Wire.Message((3, "books")), headers))),
            await OutcomeOfAsync(async () => await channel.CallAsync("Search", [], headers, DateTime.UtcNow.AddDays(-1))),
        ];
    }

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

    private sealed class BufferingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var copy = new MemoryStream();
            await request.Content!.CopyToAsync(copy, cancellationToken);
            var response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            return response;
        }
    }
}
