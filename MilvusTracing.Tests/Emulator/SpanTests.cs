using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

public sealed class SpanTests : IAsyncLifetime
{
    private OtlpReceiver _receiver = null!;
    private MilvusEmulator _emulator = null!;
    private MilvusCalls _milvus = null!;

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
    public async Task A_search_is_the_tree_that_Milvus_makes_below_the_callers_span()
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
    public async Task Rows_that_are_written_and_queried_are_traced_as_by_Milvus()
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
    public async Task Every_span_says_that_it_is_an_emulators_and_the_call_what_it_is()
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
    public async Task A_failure_is_noted_in_the_task_that_failed()
    {
        var caller = Caller();
        await _milvus.Client.SearchAsync(Nearest([[1, 0]]), Headers(caller));

        var noted = (await SpansAsync(caller)).Single(span => span.Name == "SearchTask").Events.Single(one => one.Name == "exception");
        noted.Attributes["exception.message"].ShouldBe("collection not found[database=default][collection=books]");
    }

    [Fact]
    public async Task Only_calls_of_sampled_traces_are_recorded()
    {
        await _milvus.Client.HasCollectionAsync(Named); // no caller's trace
        await _milvus.Client.HasCollectionAsync(Named, Headers(Caller(ActivityTraceFlags.None)));
        var sampled = Caller();
        await _milvus.Client.HasCollectionAsync(Named, Headers(sampled));
        await _emulator.DisposeAsync(); // sends all that there is

        _receiver.Spans.Select(span => span.TraceId).Distinct().ShouldBe([sampled.TraceId.ToHexString()]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task A_trace_that_begins_here_is_recorded_as_the_sample_fraction_says(double fraction, int traces)
    {
        await using var emulator = await StartAsync(_receiver.GrpcEndpoint, fraction);
        using var milvus = new MilvusCalls(emulator.Address);
        await milvus.Client.HasCollectionAsync(Named);
        await milvus.Client.HasCollectionAsync(Named, Headers(Caller(ActivityTraceFlags.None)));
        await emulator.DisposeAsync(); // sends all that there is

        _receiver.Spans.Select(span => span.TraceId).Distinct().Count().ShouldBe(traces);
    }

    [Fact]
    public async Task An_emulator_sends_its_own_spans_only()
    {
        await using var second = await OtlpReceiver.StartAsync();
        await using var other = await StartAsync(second.GrpcEndpoint);
        using var others = new MilvusCalls(other.Address);
        var (here, there) = (Caller(), Caller());
        await others.Client.HasCollectionAsync(Named, Headers(there));
        await _milvus.Client.HasCollectionAsync(Named, Headers(here));
        await other.DisposeAsync();
        await _emulator.DisposeAsync();

        _receiver.Spans.Select(span => span.TraceId).Distinct().ShouldBe([here.TraceId.ToHexString()]);
        second.Spans.Select(span => span.TraceId).Distinct().ShouldBe([there.TraceId.ToHexString()]);
    }

    [Fact]
    public async Task A_receiver_that_is_away_changes_nothing_for_callers()
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

    /// <summary>All spans of a trace: the call's own span ends last, and the two services send in batches of their own.</summary>
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
