using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Worker;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.EndToEnd;

/// <summary>The built worker with real Milvus and Jaeger servers.</summary>
[Collection(RealServers.Collection)]
public sealed class RealServersTests
{
    [RequiresFact(Capability.Servers)]
    public async Task A_pass_is_one_trace_of_the_worker_Milvus_and_its_core()
    {
        await using var worker = WorkerProcess.Start(RealServers.Milvus, passes: 1, receiver: null, RealServers.Jaeger);

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        var traceId = WorkerProcess.TraceId(worker.Lines.Single(line => line.Contains("quick_setup passed: ")));

        var report = await VerifyAsync(traceId);

        report.EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromSeconds(30));
        var spans = report.Trace.ShouldNotBeNull().Spans;
        spans.Select(span => span.Service).Distinct().ShouldBe(["milvus-client", "standalone", "segcore"], ignoreOrder: true);
        spans.Where(span => span.Service == "segcore").ShouldContain(span => IsBelow(span, "search quick_setup", spans));
    }

    private static async Task<VerificationReport> VerifyAsync(string traceId)
    {
        using var jaeger = new JaegerBackend(RealServers.JaegerUrl);
        return await TraceVerifier.VerifyAsync(new VerificationRequest
        {
            Backends = [jaeger],
            Trace = new TraceReference(traceId),
            Wait = TimeSpan.FromSeconds(30),
        });
    }

    private static bool IsBelow(Span span, string ancestor, IReadOnlyList<Span> spans) =>
        span.Name == ancestor || (spans.SingleOrDefault(other => other.Id == span.ParentId) is { } parent && IsBelow(parent, ancestor, spans));
}
