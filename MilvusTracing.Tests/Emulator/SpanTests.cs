using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

public sealed class SpanTests : IAsyncLifetime
{
    private OtlpReceiver _receiver = null!;
    private MilvusEmulator _emulator = null!;
    private TestMilvusClient _milvus = null!;

    public async Task InitializeAsync()
    {
        _receiver = await OtlpReceiver.StartAsync();
        _emulator = await StartAsync(_receiver.GrpcEndpoint);
        _milvus = new(_emulator.Address);
    }

    public async Task DisposeAsync()
    {
        _milvus.Dispose();
        await _emulator.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task Search_creates_the_spans_of_Milvus_below_the_callers_span()
    {
        await PrepareAsync();

        var tree = await TreeAsync(headers => _milvus.Client.SearchAsync(Nearest([[1, 0]]), headers));

        tree.ShouldBe("""
            standalone milvus.proto.milvus.MilvusService/Search Server
              standalone Proxy-Search Internal
                standalone milvus.proto.rootcoord.RootCoord/AllocTimestamp Client
                standalone SearchTask Internal
                  standalone Proxy-Search-PreExecute Internal
                  standalone Proxy-Search-Execute Internal
                    segcore SegCoreSearch Internal
                  standalone Proxy-Search-PostExecute Internal
            """);
    }

    [Fact]
    public async Task Insert_query_and_has_collection_create_the_spans_of_Milvus()
    {
        await PrepareAsync();

        (await TreeAsync(headers => _milvus.Client.InsertAsync(Rows(Ids(2), Vectors([1, 0])), headers))).ShouldBe("""
            standalone milvus.proto.milvus.MilvusService/Insert Server
              standalone Proxy-Insert Internal
                standalone milvus.proto.rootcoord.RootCoord/AllocTimestamp Client
                standalone InsertTask Internal
                  standalone Proxy-Insert-PreExecute Internal
                  standalone Proxy-Insert-Execute Internal
                    standalone SendMsg Internal
            """);
        (await TreeAsync(headers => _milvus.Client.QueryAsync(Where("id > 0"), headers))).ShouldBe("""
            standalone milvus.proto.milvus.MilvusService/Query Server
              standalone Proxy-Query Internal
              standalone milvus.proto.rootcoord.RootCoord/AllocTimestamp Client
              standalone RetrieveTask Internal
                segcore SegCoreRetrieve Internal
            """);
        (await TreeAsync(headers => _milvus.Client.HasCollectionAsync(Named, headers))).ShouldBe("""
            standalone milvus.proto.milvus.MilvusService/HasCollection Server
              standalone Proxy-HasCollection Internal
                standalone milvus.proto.rootcoord.RootCoord/AllocTimestamp Client
                standalone HasCollectionTask Internal
                  standalone milvus.proto.rootcoord.RootCoord/HasCollection Client
                    standalone milvus.proto.rootcoord.RootCoord/HasCollection Server
            """);
    }

    [Fact]
    public async Task Spans_are_marked_as_the_emulators_and_the_server_span_has_rpc_attributes()
    {
        var caller = Caller();
        await _milvus.Client.HasCollectionAsync(Named, Headers(caller));
        var spans = await SpansAsync(caller);

        spans.ShouldAllBe(span => (bool)span.Resource["milvus.emulator"]! && span.Status == ActivityStatusCode.Unset);
        var call = spans.Single(span => span.ParentSpanId == caller.SpanId.ToHexString());
        call.Attributes["rpc.system"].ShouldBe("grpc");
        call.Attributes["rpc.service"].ShouldBe("milvus.proto.milvus.MilvusService");
        call.Attributes["rpc.method"].ShouldBe("HasCollection");
        call.Attributes["rpc.grpc.status_code"].ShouldBe(0L);
    }

    [Fact]
    public async Task Failure_is_an_exception_event_of_the_failed_task()
    {
        var caller = Caller();
        await _milvus.Client.SearchAsync(Nearest([[1, 0]]), Headers(caller));

        var exception = (await SpansAsync(caller)).Single(span => span.Name == "SearchTask").Events.Single(record => record.Name == "exception");
        exception.Attributes["exception.message"].ShouldBe("collection not found[database=default][collection=books]");
    }

    [Fact]
    public async Task Only_sampled_traces_are_recorded()
    {
        await _milvus.Client.HasCollectionAsync(Named); // without trace context
        await _milvus.Client.HasCollectionAsync(Named, Headers(Caller(ActivityTraceFlags.None)));
        var sampled = Caller();
        await _milvus.Client.HasCollectionAsync(Named, Headers(sampled));
        await _emulator.DisposeAsync(); // exports the remaining spans

        _receiver.Spans.Select(span => span.TraceId).Distinct().ShouldBe([sampled.TraceId.ToHexString()]);
    }

    [Fact]
    public async Task Sample_fraction_applies_to_calls_without_trace_context()
    {
        await using var emulator = await StartAsync(_receiver.GrpcEndpoint, fraction: 1);
        using var milvus = new TestMilvusClient(emulator.Address);
        await milvus.Client.HasCollectionAsync(Named);
        await milvus.Client.HasCollectionAsync(Named, Headers(Caller(ActivityTraceFlags.None)));
        await emulator.DisposeAsync(); // exports the remaining spans

        _receiver.Spans.Select(span => span.TraceId).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Emulator_exports_only_its_own_spans()
    {
        await using var second = await OtlpReceiver.StartAsync();
        await using var other = await StartAsync(second.GrpcEndpoint);
        using var others = new TestMilvusClient(other.Address);
        var (here, there) = (Caller(), Caller());
        await others.Client.HasCollectionAsync(Named, Headers(there));
        await _milvus.Client.HasCollectionAsync(Named, Headers(here));
        await other.DisposeAsync();
        await _emulator.DisposeAsync();

        _receiver.Spans.Select(span => span.TraceId).Distinct().ShouldBe([here.TraceId.ToHexString()]);
        second.Spans.Select(span => span.TraceId).Distinct().ShouldBe([there.TraceId.ToHexString()]);
    }

    [Fact]
    public async Task Calls_work_while_the_receiver_is_down()
    {
        await _receiver.StopAsync();
        (await _milvus.Client.HasCollectionAsync(Named, Headers(Caller()))).Value.ShouldBeFalse();
        await _emulator.DisposeAsync();
    }

    private static Task<MilvusEmulator> StartAsync(Uri receiver, double fraction = 0) => MilvusEmulator.StartAsync(new()
    {
        Port = 0,
        TracesEndpoint = receiver,
        SampleFraction = fraction,
        OpenTelemetry = new ConfigurationManager { ["OTEL_BSP_SCHEDULE_DELAY"] = "100" },
    });

    private static ActivityContext Caller(ActivityTraceFlags flags = ActivityTraceFlags.Recorded) =>
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags);

    private static Metadata Headers(ActivityContext caller) =>
        new() { { "traceparent", $"00-{caller.TraceId}-{caller.SpanId}-{(int)caller.TraceFlags:x2}" } };

    private async Task PrepareAsync()
    {
        await _milvus.CreateLoadedAsync();
        await _milvus.InsertAsync(Ids(1), Vectors([1, 0]));
    }

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
