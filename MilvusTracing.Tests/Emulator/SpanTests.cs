using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

public sealed class SpanTests : EmulatorTest
{
    private OtlpReceiver _receiver = null!;

    internal override EmulatorSettings Settings => WithFraction(0);

    public override async Task InitializeAsync()
    {
        _receiver = await OtlpReceiver.StartAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task Calls_create_the_spans_of_Milvus_below_the_callers_span()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1), Vectors([1, 0]));

        (await TreeAsync(headers => Client.SearchAsync(Nearest([[1, 0]]), headers))).ShouldBe("""
            standalone milvus.proto.milvus.MilvusService/Search Server
              standalone Proxy-Search Internal
                standalone milvus.proto.rootcoord.RootCoord/AllocTimestamp Client
                standalone SearchTask Internal
                  standalone Proxy-Search-PreExecute Internal
                  standalone Proxy-Search-Execute Internal
                    segcore SegCoreSearch Internal
                  standalone Proxy-Search-PostExecute Internal
            """);
        (await TreeAsync(headers => Client.InsertAsync(Rows(Ids(2), Vectors([1, 0])), headers))).ShouldBe("""
            standalone milvus.proto.milvus.MilvusService/Insert Server
              standalone Proxy-Insert Internal
                standalone milvus.proto.rootcoord.RootCoord/AllocTimestamp Client
                standalone InsertTask Internal
                  standalone Proxy-Insert-PreExecute Internal
                  standalone Proxy-Insert-Execute Internal
                    standalone SendMsg Internal
            """);
        (await TreeAsync(headers => Client.QueryAsync(Where("id > 0"), headers))).ShouldBe("""
            standalone milvus.proto.milvus.MilvusService/Query Server
              standalone Proxy-Query Internal
              standalone milvus.proto.rootcoord.RootCoord/AllocTimestamp Client
              standalone RetrieveTask Internal
                segcore SegCoreRetrieve Internal
            """);
    }

    [Fact]
    public async Task Failed_call_has_rpc_attributes_and_an_exception_event_in_spans_marked_as_the_emulators()
    {
        var caller = Caller();
        await Client.SearchAsync(Nearest([[1, 0]]), Headers(caller));
        var spans = await SpansAsync(caller);

        spans.ShouldAllBe(span => (bool)span.Resource["milvus.emulator"]!);
        var call = spans.Single(span => span.ParentSpanId == caller.SpanId.ToHexString());
        call.Attributes["rpc.system"].ShouldBe("grpc");
        call.Attributes["rpc.service"].ShouldBe("milvus.proto.milvus.MilvusService");
        call.Attributes["rpc.method"].ShouldBe("Search");
        call.Attributes["rpc.grpc.status_code"].ShouldBe(0L); // Milvus reports its errors in the response
        var exception = spans.Single(span => span.Name == "SearchTask").Events.Single(record => record.Name == "exception");
        exception.Attributes["exception.message"].ShouldBe("collection not found[database=default][collection=books]");
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    public async Task Sampled_traces_and_a_fraction_of_the_calls_without_trace_context_are_recorded(double fraction, int traces)
    {
        await using var emulator = await MilvusEmulator.StartAsync(WithFraction(fraction));
        using var milvus = new TestMilvusClient(emulator.Address);
        await milvus.Client.HasCollectionAsync(Named); // without trace context
        await milvus.Client.HasCollectionAsync(Named, Headers(Caller(ActivityTraceFlags.None)));
        var sampled = Caller();
        await milvus.Client.HasCollectionAsync(Named, Headers(sampled));
        await emulator.DisposeAsync(); // exports the remaining spans

        var recorded = _receiver.Spans.Select(span => span.TraceId).Distinct().ToList();
        recorded.Count.ShouldBe(traces);
        recorded.ShouldContain(sampled.TraceId.ToHexString());
    }

    [Fact]
    public async Task Calls_work_while_the_receiver_is_down()
    {
        await _receiver.StopAsync();
        (await Client.HasCollectionAsync(Named, Headers(Caller()))).Value.ShouldBeFalse();
        await Emulator.DisposeAsync();
    }

    private EmulatorSettings WithFraction(double fraction) => new()
    {
        Port = 0,
        TracesEndpoint = _receiver.GrpcEndpoint,
        SampleFraction = fraction,
        OpenTelemetry = new ConfigurationManager { ["OTEL_BSP_SCHEDULE_DELAY"] = "100" },
    };

    private static ActivityContext Caller(ActivityTraceFlags flags = ActivityTraceFlags.Recorded) =>
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags);

    private static Metadata Headers(ActivityContext caller) =>
        new() { { "traceparent", $"00-{caller.TraceId}-{caller.SpanId}-{(int)caller.TraceFlags:x2}" } };

    private async Task<string> TreeAsync<T>(Func<Metadata, AsyncUnaryCall<T>> call)
    {
        var caller = Caller();
        await call(Headers(caller));
        var spans = await SpansAsync(caller);
        var lines = new List<string>();
        void Show(string parent, string indent)
        {
            foreach (var span in spans.Where(span => span.ParentSpanId == parent).OrderBy(span => span.Start).ThenBy(span => span.Duration))
            {
                lines.Add($"{indent}{span.Service} {span.Name} {span.Kind}");
                Show(span.SpanId, indent + "  ");
            }
        }

        Show(caller.SpanId.ToHexString(), "");
        lines.Count.ShouldBe(spans.Count);
        return string.Join('\n', lines);
    }

    /// <summary>Waits for all spans of a trace: the server span ends last, and the two services export separate batches.</summary>
    private async Task<IReadOnlyList<ReceivedSpan>> SpansAsync(ActivityContext caller)
    {
        IReadOnlyList<ReceivedSpan> Spans() => [.. _receiver.Spans.Where(span => span.TraceId == caller.TraceId.ToHexString())];
        bool IsWhole(IReadOnlyList<ReceivedSpan> spans) =>
            spans.Any(span => span.ParentSpanId == caller.SpanId.ToHexString())
            && (spans.Any(span => span.Service == "segcore") || !spans.Any(span => span.Name is "RetrieveTask" or "Proxy-Search-Execute"));
        await _receiver.WaitForAsync(() => IsWhole(Spans()), Timeouts.Limit);
        return Spans();
    }
}
