using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Milvus.Client;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The spans and the metric of failed calls.</summary>
[Collection(ProcessWide.Name)]
public sealed class FailureTests : IAsyncLifetime
{
    private FakeMilvus _milvus = null!;
    private Telemetry _telemetry = null!;

    public async Task InitializeAsync()
    {
        _milvus = await FakeMilvus.StartAsync();
        _telemetry = new Telemetry(_milvus.Address, isMetering: true);
    }

    public async Task DisposeAsync()
    {
        _telemetry.Dispose();
        await _milvus.DisposeAsync();
    }

    [Theory]
    [InlineData(nameof(Fault.Error))]
    [InlineData(nameof(Fault.ErrorInSingleBytes))]
    public async Task An_error_of_Milvus_with_gRPC_OK_has_its_code_and_reason(string fault)
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: fault);
        var books = client.GetCollection("books");

        (await Should.ThrowAsync<MilvusException>(SearchAsync(books))).ErrorCode.ShouldBe(MilvusErrorCode.CollectionNotFound);
        (await Should.ThrowAsync<MilvusException>(books.DropAsync())).ErrorCode.ShouldBe(MilvusErrorCode.CollectionNotFound);

        _telemetry.Spans.Select(span => span.DisplayName).ShouldBe(["search books", "drop_collection books"]);
        _telemetry.Spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Error && span.StatusDescription == FakeMilvus.Reason);
        ShouldAllHave("100", "100");
    }

    [Fact]
    public async Task An_error_of_Milvus_before_2_3_has_its_old_code()
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: nameof(Fault.OldError));

        await client.HasCollectionAsync("books");

        _telemetry.Span.StatusDescription.ShouldBe("old");
        ShouldAllHave("4", "4");
    }

    [Theory]
    [InlineData(nameof(Fault.Unauthenticated), StatusCode.Unauthenticated, "UNAUTHENTICATED", "wrong key")]
    [InlineData(nameof(Fault.ExhaustedInTrailers), StatusCode.ResourceExhausted, "RESOURCE_EXHAUSTED", "too much")]
    public async Task A_gRPC_error_has_its_name_and_message(string fault, StatusCode status, string error, string reason)
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: fault);

        (await Should.ThrowAsync<RpcException>(SearchAsync(client.GetCollection("books")))).StatusCode.ShouldBe(status);

        _telemetry.Span.DisplayName.ShouldBe("search books");
        _telemetry.Span.Status.ShouldBe(ActivityStatusCode.Error);
        _telemetry.Span.StatusDescription.ShouldBe(reason);
        ShouldAllHave(error, code: null);
    }

    [Fact]
    public async Task An_aborted_connection_has_the_status_and_the_exception_message()
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: nameof(Fault.Abort));

        var failure = await Should.ThrowAsync<RpcException>(SearchAsync(client.GetCollection("books")));

        _telemetry.Span.DisplayName.ShouldBe("search books");
        _telemetry.Span.Status.ShouldBe(ActivityStatusCode.Error);
        _telemetry.Span.StatusDescription.ShouldNotBeNull().ShouldContain("HTTP/2");
        ShouldAllHave(failure.StatusCode.ToString().ToUpperInvariant(), code: null);
    }

    [Fact]
    public async Task A_call_without_a_server_lacks_the_collection()
    {
        var nowhere = new Uri("http://127.0.0.1:1");
        using var telemetry = new Telemetry(nowhere, isMetering: true);
        using var client = new MilvusClient(nowhere, apiKey: "key");

        await Should.ThrowAsync<RpcException>(SearchAsync(client.GetCollection("books")));

        telemetry.Span.DisplayName.ShouldBe("search");
        telemetry.Span.Status.ShouldBe(ActivityStatusCode.Error);
        telemetry.Span.GetTagItem("error.type").ShouldBe("UNAVAILABLE");
        telemetry.Span.GetTagItem("db.namespace").ShouldBe("default");
        telemetry.Durations.ShouldHaveSingleItem().Attributes["error.type"].ShouldBe("UNAVAILABLE");
    }

    [Fact]
    public async Task A_message_over_the_size_limit_is_RESOURCE_EXHAUSTED()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address, new GrpcChannelOptions { MaxSendMessageSize = 1_000 });

        await Should.ThrowAsync<RpcException>(channel.CallAsync("Insert", Wire.Message((3, "books"), (5, new byte[2_000]))));

        await _telemetry.WaitForAsync(1);
        _telemetry.Span.DisplayName.ShouldBe("insert");
        ShouldAllHave("RESOURCE_EXHAUSTED", code: null);
    }

    [Fact]
    public async Task Cancelled_and_timed_out_calls_have_their_status_and_leave_the_connection_usable()
    {
        const int calls = 100;
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: nameof(Fault.Hang));
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        for (var call = 0; call < calls; call++)
        {
            using var cancellation = new CancellationTokenSource();
            var query = client.GetCollection("books").QueryAsync("id > 0", cancellationToken: cancellation.Token);
            cancellation.CancelAfter(call / 10);
            (await Should.ThrowAsync<RpcException>(query)).StatusCode.ShouldBe(StatusCode.Cancelled);
        }

        await Should.ThrowAsync<RpcException>(channel.CallAsync(
            "Query", Wire.Message((3, "books")), new Metadata { { "dbname", nameof(Fault.Hang) } }, DateTime.UtcNow.AddMilliseconds(200)));

        await _telemetry.WaitForAsync(calls + 1);
        _telemetry.Spans.Count(span => span.GetTagItem("error.type") is "CANCELLED").ShouldBe(calls);
        _telemetry.Spans.Count(span => span.GetTagItem("error.type") is "DEADLINE_EXCEEDED" && span.DisplayName == "query books").ShouldBe(1);
        _telemetry.Spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Error);
    }

    [Fact]
    public async Task Each_attempt_of_a_retried_call_is_a_span_and_a_duration_measurement()
    {
        var retry = new MethodConfig
        {
            Names = { MethodName.Default },
            RetryPolicy = new()
            {
                MaxAttempts = 3,
                InitialBackoff = TimeSpan.FromMilliseconds(1),
                MaxBackoff = TimeSpan.FromMilliseconds(1),
                BackoffMultiplier = 1,
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        };
        using var channel = GrpcChannel.ForAddress(_milvus.Address, new GrpcChannelOptions { ServiceConfig = new() { MethodConfigs = { retry } } });

        await channel.CallAsync("Search", Wire.Message((3, "books")), new Metadata { { "dbname", nameof(Fault.UnavailableOnce) } });

        _telemetry.Spans.Select(span => (span.DisplayName, Error: span.GetTagItem("error.type")))
            .ShouldBe([("search books", "UNAVAILABLE"), ("search books", null)]);
        _telemetry.Durations.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_compressed_request_lacks_the_collection_and_a_compressed_response_changes_nothing()
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: nameof(Fault.Gzip));
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        (await SearchAsync(client.GetCollection("books"))).Scores.Count.ShouldBe(5);
        await channel.CallAsync("Search", Wire.Message((3, "books")), new Metadata { { "grpc-internal-encoding-request", "gzip" } });

        _telemetry.Spans.Select(span => span.DisplayName).ShouldBe(["search books", "search"]);
        _telemetry.Spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Unset);
    }

    private static Task<SearchResults> SearchAsync(MilvusCollection collection)
        => collection.SearchAsync<float>("vector", [new float[4]], SimilarityMetricType.L2, limit: 5);

    private void ShouldAllHave(string error, string? code)
    {
        _telemetry.Spans.ShouldAllBe(span => (string?)span.GetTagItem("error.type") == error && (string?)span.GetTagItem("db.response.status_code") == code);
        var points = _telemetry.Durations;
        points.Count.ShouldBe(_telemetry.Spans.Select(span => span.DisplayName).Distinct().Count());
        points.ShouldAllBe(point => (string?)point.Attributes["error.type"] == error
            && (string?)point.Attributes.GetValueOrDefault("db.response.status_code") == code);
    }
}
