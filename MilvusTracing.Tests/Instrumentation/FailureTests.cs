using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Milvus.Client;
using MilvusTracing.Instrumentation.Calls;
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
    [InlineData(nameof(Fault.GzipError))]
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
    public async Task An_error_is_recorded_without_private_fields_of_HttpContent()
    {
        HttpContentFields.IsEnabled = false;
        try
        {
            await An_error_of_Milvus_with_gRPC_OK_has_its_code_and_reason(nameof(Fault.ErrorInSingleBytes));
        }
        finally
        {
            HttpContentFields.IsEnabled = true;
        }
    }

    [Fact]
    public async Task The_private_fields_of_HttpContent_exist()
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");

        await SearchAsync(client.GetCollection("books"));

        HttpContentFields.IsEnabled.ShouldBeTrue();
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

    [Theory]
    [InlineData("failed to create query plan: cannot parse expression: email == 'zoe@example.org', error: line 1:9 mismatched input")]
    [InlineData("failed to create delete plan: cannot parse expression: email == zoe@example.org")]
    [InlineData("failed to create query plan: field is not comparable with 4479")]
    [InlineData("Invalid filter (4479 > age), near \"zoe\"")]
    [InlineData("cannot cast value 'zoe\\'s 4479")]
    [InlineData("invalid predicates zoe")]
    public async Task A_description_has_no_user_data_unless_RecordFilter_is_set(string reason)
    {
        _milvus.Response = _ => Wire.Message((1, Wire.Status(1100, reason)));
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await channel.CallAsync("Query", []);
        _telemetry.Dispose();
        using var recording = new Telemetry(_milvus.Address, options => options.RecordFilter = true);
        await channel.CallAsync("Query", []);

        var description = _telemetry.Span.StatusDescription.ShouldNotBeNull();
        description.ShouldNotContain("zoe");
        description.ShouldNotContain("4479");
        recording.Span.StatusDescription.ShouldBe(reason);
    }

    [Theory]
    [InlineData("collection not found[collection=books]")]
    [InlineData("the query can't be served: vector dimension mismatch, expected vector size(byte) 16, actual 20")]
    public async Task A_description_without_user_data_is_that_of_Milvus(string reason)
    {
        _milvus.Response = _ => Wire.Message((1, Wire.Status(1100, reason)));
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await channel.CallAsync("Search", []);

        _telemetry.Span.StatusDescription.ShouldBe(reason);
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

    [Theory]
    [InlineData(nameof(Fault.BadGateway), "HTTP status 503")]
    [InlineData(nameof(Fault.Html), "content type text/html")]
    [InlineData(nameof(Fault.Reset), "incomplete")]
    [InlineData(nameof(Fault.Malformed), "malformed")]
    public async Task A_response_that_gRPC_rejects_has_the_error_of_gRPC_and_a_description(string fault, string expected)
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: fault);

        var failure = await Should.ThrowAsync<RpcException>(SearchAsync(client.GetCollection("books")));

        _telemetry.Span.StatusDescription.ShouldNotBeNull().ShouldContain(expected);
        ShouldAllHave(failure.StatusCode.ToString().ToUpperInvariant(), code: null);
    }

    [Fact]
    public async Task A_retry_by_a_handler_has_the_outcome_of_the_last_attempt()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address, new GrpcChannelOptions { HttpHandler = new RetryingHandler(new SocketsHttpHandler()) });
        _milvus.Response = _ => _milvus.TraceParents.Count == 1 ? Wire.Message((1, Wire.Status(5, "first"))) : Wire.Message((1, Wire.Status(1100, "second")));

        await channel.CallAsync("Search", Wire.Message((3, "books")));

        _telemetry.Span.StatusDescription.ShouldBe("second");
        ShouldAllHave("1100", "1100");
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

    [Fact]
    public async Task An_error_is_recorded_if_a_handler_replaces_the_content_of_the_request()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address, new GrpcChannelOptions { HttpHandler = new ReplacingHandler(new SocketsHttpHandler()) });

        await channel.CallAsync("Search", Wire.Message((3, "books")), new Metadata { { "dbname", nameof(Fault.Error) } });

        _telemetry.Span.DisplayName.ShouldBe("search books");
        ShouldAllHave("100", "100");
    }

    [Fact]
    public async Task A_response_without_diagnostic_events_is_reported_once()
    {
        using var events = new Events();
        using var channel = GrpcChannel.ForAddress(
            _milvus.Address, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { ActivityHeadersPropagator = null } });

        await channel.CallAsync("Search", Wire.Message((3, "books")));
        await channel.CallAsync("Search", Wire.Message((3, "books")));

        _telemetry.Spans.Select(span => span.DisplayName).ShouldBe(["search books", "search books"]);
        events.Messages.ShouldHaveSingleItem().ShouldContain("SocketsHttpHandler");
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

    private sealed class ReplacingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
            content.Headers.ContentType = request.Content.Headers.ContentType;
            request.Content = content;
            return await base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Sends each request twice.</summary>
    private sealed class RetryingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using (var response = await base.SendAsync(request, cancellationToken))
            {
                await response.Content.ReadAsByteArrayAsync(cancellationToken);
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>The events of the instrumentation.</summary>
    private sealed class Events : EventListener
    {
        public ConcurrentQueue<string> Messages { get; } = new();

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "OpenTelemetry-Instrumentation-MilvusClient")
            {
                EnableEvents(eventSource, EventLevel.Warning);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventSource.Name == "OpenTelemetry-Instrumentation-MilvusClient")
            {
                Messages.Enqueue($"{eventData.Message} {eventData.Payload?[0]}");
            }
        }
    }
}
