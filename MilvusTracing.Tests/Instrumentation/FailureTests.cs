using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The spans and the metric of failed calls.</summary>
public sealed class FailureTests() : InstrumentationTest(isObserved: true)
{
    [Theory]
    [InlineData(nameof(Fault.Error), "100", FakeMilvus.Reason)]
    [InlineData(nameof(Fault.ErrorInSingleBytes), "100", FakeMilvus.Reason)]
    [InlineData(nameof(Fault.GzipError), "100", FakeMilvus.Reason)]
    [InlineData(nameof(Fault.OldError), "4", "old")]
    public async Task An_error_of_Milvus_with_gRPC_OK_has_its_code_and_reason(string fault, string code, string reason)
    {
        await Channel.CallAsync("Search", Message((3, "books")), With(Enum.Parse<Fault>(fault)));
        await Channel.CallAsync("DropCollection", Message((3, "books")), With(Enum.Parse<Fault>(fault)));

        Telemetry.Spans.Select(span => span.DisplayName).ShouldBe(["search books", "drop_collection books"]);
        Telemetry.Spans.ShouldAllBe(span => span.StatusDescription == reason);
        ShouldAllHave(code, code);
    }

    [Theory]
    [InlineData(nameof(Fault.Unauthenticated), "wrong key", "UNAUTHENTICATED")]
    [InlineData(nameof(Fault.ExhaustedInTrailers), "too much", "RESOURCE_EXHAUSTED")]
    [InlineData(nameof(Fault.Abort), "HTTP/2")]
    [InlineData(nameof(Fault.BadGateway), "HTTP status 503")]
    [InlineData(nameof(Fault.Html), "content type text/html")]
    [InlineData(nameof(Fault.Reset), "incomplete")]
    [InlineData(nameof(Fault.Malformed), "malformed")]
    public async Task A_failure_of_gRPC_has_its_status_and_a_description(string fault, string description, string? status = null)
    {
        using var client = ClientWith(Enum.Parse<Fault>(fault));

        var failure = await Should.ThrowAsync<RpcException>(SearchAsync(client));

        Telemetry.Span.DisplayName.ShouldBe("search books");
        Telemetry.Span.StatusDescription.ShouldNotBeNull().ShouldContain(description);
        ShouldAllHave(status ?? failure.StatusCode.ToString().ToUpperInvariant(), code: null);
    }

    [Theory]
    [InlineData("failed to create query plan: cannot parse expression: email == 'zoe@example.org', error: line 1:9 mismatched input", true)]
    [InlineData("failed to create delete plan: cannot parse expression: email == zoe@example.org", true)]
    [InlineData("failed to create query plan: field is not comparable with 4479", true)]
    [InlineData("Invalid filter (4479 > age), near \"zoe\"", true)]
    [InlineData("cannot cast value 'zoe\\'s 4479", true)]
    [InlineData("invalid predicates zoe", true)]
    [InlineData("collection not found[collection=books]", false)]
    [InlineData("the query can't be served: vector dimension mismatch, expected vector size(byte) 16, actual 20", false)]
    public async Task A_description_has_no_user_data_unless_RecordFilter_is_set(string reason, bool hasUserData)
    {
        Milvus.Response = _ => Message((1, Status(1100, reason)));

        await Channel.CallAsync("Query", []);
        Telemetry.Dispose();
        using var recording = new Telemetry(Milvus.Address, options => options.RecordFilter = true);
        await Channel.CallAsync("Query", []);

        var description = Telemetry.Span.StatusDescription.ShouldNotBeNull();
        description.ShouldNotContain("zoe");
        description.ShouldNotContain("4479");
        (description == reason).ShouldBe(!hasUserData);
        recording.Span.StatusDescription.ShouldBe(reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_description_is_cut(bool recordFilter)
    {
        using var recording = new Telemetry(Milvus.Address, options => options.RecordFilter = recordFilter);
        Milvus.Response = _ => Message((1, Status(1100, new string('x', 100_000))));

        await Channel.CallAsync("Query", []);

        recording.Span.StatusDescription.ShouldNotBeNull().Length.ShouldBeInRange(100, 2_000);
    }

    [Fact]
    public async Task A_retry_by_a_handler_has_the_outcome_of_the_last_attempt()
    {
        using var channel = ChannelWith(async (_, send) =>
        {
            using (var response = await send())
            {
                await response.Content.ReadAsByteArrayAsync();
            }

            return await send();
        });
        Milvus.Response = _ => Message((1, Milvus.TraceParents.Count == 1 ? Status(5, "first") : Status(1100, "second")));

        await channel.CallAsync("Search", Message((3, "books")));

        Telemetry.Span.StatusDescription.ShouldBe("second");
        ShouldAllHave("1100", "1100");
    }

    [Fact]
    public async Task Canceled_and_timed_out_calls_have_their_status_and_leave_the_connection_usable()
    {
        const int calls = 100;
        using var client = ClientWith(Fault.Hang);

        for (var call = 0; call < calls; call++)
        {
            using var cancellation = new CancellationTokenSource();
            var query = client.GetCollection("books").QueryAsync("id > 0", cancellationToken: cancellation.Token);
            cancellation.CancelAfter(call / 10);
            (await Should.ThrowAsync<RpcException>(query)).StatusCode.ShouldBe(StatusCode.Cancelled);
        }

        await Should.ThrowAsync<RpcException>(
            Channel.CallAsync("Query", Message((3, "books")), With(Fault.Hang), DateTime.UtcNow.AddMilliseconds(200)));

        await Telemetry.WaitForAsync(calls + 1);
        Telemetry.Spans.Count(span => span.GetTagItem("error.type") is "CANCELLED").ShouldBe(calls);
        Telemetry.Spans.Count(span => span.GetTagItem("error.type") is "DEADLINE_EXCEEDED" && span.DisplayName == "query books").ShouldBe(1);
        Telemetry.Spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Error);
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
        using var channel = GrpcChannel.ForAddress(Milvus.Address, new GrpcChannelOptions { ServiceConfig = new() { MethodConfigs = { retry } } });

        await channel.CallAsync("Search", Message((3, "books")), With(Fault.UnavailableOnce));

        Telemetry.Spans.Select(span => (span.DisplayName, Error: span.GetTagItem("error.type")))
            .ShouldBe([("search books", "UNAVAILABLE"), ("search books", null)]);
        Telemetry.Durations.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_compressed_request_lacks_the_collection_and_a_compressed_response_is_no_error()
    {
        await Channel.CallAsync("Search", Message((3, "books")), With(Fault.Gzip));
        await Channel.CallAsync("Search", Message((3, "books")), new Metadata { { "grpc-internal-encoding-request", "gzip" } });

        Telemetry.Spans.Select(span => span.DisplayName).ShouldBe(["search books", "search"]);
        Telemetry.Spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Unset);
    }

    [Fact]
    public async Task An_error_is_recorded_if_a_handler_replaces_the_content_of_the_request_and_buffers_the_response()
    {
        using var channel = ChannelWith(async (request, send) =>
        {
            var content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync());
            content.Headers.ContentType = request.Content.Headers.ContentType;
            request.Content = content;
            var response = await send();
            await response.Content.LoadIntoBufferAsync();
            return response;
        });

        (await channel.CallAsync("Search", Message((3, "books")), With(Fault.Error))).ShouldNotBeEmpty();

        Telemetry.Span.DisplayName.ShouldBe("search books");
        ShouldAllHave("100", "100");
    }

    [Fact]
    public async Task A_response_without_diagnostic_events_is_reported_once()
    {
        using var events = new Events();
        using var channel = GrpcChannel.ForAddress(
            Milvus.Address, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { ActivityHeadersPropagator = null } });

        await channel.CallAsync("Search", Message((3, "books")));
        await channel.CallAsync("Search", Message((3, "books")));

        Telemetry.Spans.Select(span => span.DisplayName).ShouldBe(["search books", "search books"]);
        events.Messages.ShouldHaveSingleItem().ShouldContain("SocketsHttpHandler");
    }

    private void ShouldAllHave(string error, string? code)
    {
        Telemetry.Spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Error
            && (string?)span.GetTagItem("error.type") == error && (string?)span.GetTagItem("db.response.status_code") == code);
        var points = Telemetry.Durations;
        points.Count.ShouldBe(Telemetry.Spans.Select(span => span.DisplayName).Distinct().Count());
        points.ShouldAllBe(point => (string?)point.Attributes["error.type"] == error
            && (string?)point.Attributes.GetValueOrDefault("db.response.status_code") == code);
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

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => Messages.Enqueue($"{eventData.Message} {eventData.Payload?[0]}");
    }
}
