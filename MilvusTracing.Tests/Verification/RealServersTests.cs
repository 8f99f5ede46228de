using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Verification;

/// <summary>Faults of a client, against a real Milvus and a real Jaeger.</summary>
[Collection(RealServers.Collection)]
public class RealServersTests
{
    [RequiresFact(Capability.Servers)]
    public async Task A_call_is_joined()
    {
        using var caller = new MilvusCaller();
        var traceId = await caller.CallAsync(SentParent.ClientSpan);

        var report = await VerifyAsync(caller);

        report.Outcome.ShouldBe(Outcome.Joined, report.ToPlainText());
        report.TraceId.ShouldBe(traceId);
        report.ToVerdictLine().ShouldStartWith("joined: 1 of 1 client calls, 1 root, 0 orphans");
    }

    [RequiresFact(Capability.Servers)]
    public async Task Milvus_drops_the_random_trace_flag()
    {
        using var caller = new MilvusCaller();

        var report = await VerifyAsync(caller, new TraceReference(await caller.CallAsync(SentParent.RandomTraceFlag)));

        report.Outcome.ShouldBe(Outcome.NotJoined, report.ToPlainText());
        report.Causes[0].Code.ShouldBe(CauseCodes.TraceFlagsDropped);
    }

    [RequiresFact(Capability.Servers)]
    public async Task An_HttpClient_activity_as_parent_creates_orphans()
    {
        using var caller = new MilvusCaller();
        await caller.CallAsync(SentParent.HttpClientActivity);

        var report = await VerifyAsync(caller);

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Verdict!.Orphans.ShouldBe(1, report.ToPlainText());
        report.Causes[0].Code.ShouldBe(CauseCodes.HttpClientParent);
    }

    [RequiresFact(Capability.Servers)]
    public async Task Without_traceparent_Milvus_starts_its_own_trace_or_none()
    {
        using var caller = new MilvusCaller();
        await caller.CallAsync(SentParent.Nothing);

        var report = await VerifyAsync(caller);

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes.Select(cause => cause.Code).ShouldContain(CauseCodes.NoTraceparent, report.ToPlainText());
    }

    [RequiresFact(Capability.Servers)]
    public async Task An_unsampled_trace_is_not_found()
    {
        using var caller = new MilvusCaller(new AlwaysOffSampler());
        using var sampled = new MilvusCaller();
        await sampled.CallAsync(SentParent.ClientSpan);
        await VerifyAsync(sampled);
        var traceId = await caller.CallAsync(SentParent.ClientSpan);

        var report = await VerifyAsync(sampled, new TraceReference(traceId), TimeSpan.FromSeconds(2));

        report.Outcome.ShouldBe(Outcome.NotJoined);
        report.Causes[0].Code.ShouldBe(CauseCodes.Unsampled);
    }

    [RequiresFact(Capability.Servers)]
    public async Task A_service_that_does_not_export_is_unknown()
    {
        using var caller = new MilvusCaller(new AlwaysOffSampler());
        await caller.CallAsync(SentParent.ClientSpan);

        var report = await VerifyAsync(caller, wait: TimeSpan.FromSeconds(1));

        report.Outcome.ShouldBe(Outcome.CouldNotCheck);
        report.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.ServiceUnknown, CauseCodes.Unsampled]);
    }

    [RequiresFact(Capability.Servers)]
    public async Task Jaegers_OTLP_port_is_not_its_query_API()
    {
        using var backend = new JaegerBackend(new Uri(RealServers.Jaeger));

        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend] });

        report.Causes.ShouldHaveSingleItem().Message.ShouldContain("gRPC server");
    }

    private static async Task<VerificationReport> VerifyAsync(MilvusCaller caller, TraceReference? trace = null, TimeSpan? wait = null)
    {
        using var jaeger = new JaegerBackend(RealServers.JaegerUrl);
        return await TraceVerifier.VerifyAsync(new VerificationRequest
        {
            Backends = [jaeger],
            Service = caller.Service,
            Trace = trace,
            Wait = wait ?? TimeSpan.FromSeconds(10),
        });
    }
}
