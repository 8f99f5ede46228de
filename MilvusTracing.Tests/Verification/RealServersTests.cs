using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Verification;

/// <summary>Faults of a client, against a real Milvus and a real Jaeger.</summary>
[Collection(RealServers.Collection)]
public class RealServersTests
{
    [RequiresFact(Capability.Servers)]
    public async Task The_wrong_parent_or_none_is_the_cause()
    {
        foreach (var (sent, code) in new[]
        {
            (SentParent.HttpClientActivity, CauseCodes.HttpClientParent),
            (SentParent.Nothing, CauseCodes.NoTraceparent),
            (SentParent.RandomTraceFlag, CauseCodes.TraceFlagsDropped),
        })
        {
            using var caller = new MilvusCaller();
            await caller.CallAsync(sent);

            var report = await VerifyAsync(caller);

            report.Outcome.ShouldBe(Outcome.NotJoined);
            report.Causes.Select(cause => cause.Code).ShouldContain(code, report.ToPlainText());
        }
    }

    [RequiresFact(Capability.Servers)]
    public async Task An_unsampled_trace_is_not_found()
    {
        using var caller = new MilvusCaller(new AlwaysOffSampler());
        using var sampled = new MilvusCaller();
        await sampled.CallAsync(SentParent.ClientSpan);
        await VerifyAsync(sampled);
        var traceId = await caller.CallAsync(SentParent.ClientSpan);

        var known = await VerifyAsync(sampled, new TraceReference(traceId), TimeSpan.FromSeconds(2));
        var unknown = await VerifyAsync(caller, wait: TimeSpan.FromSeconds(1));

        (known.Outcome, known.Causes[0].Code).ShouldBe((Outcome.NotJoined, CauseCodes.Unsampled));
        unknown.Outcome.ShouldBe(Outcome.CouldNotCheck);
        unknown.Causes.Select(cause => cause.Code).ShouldBe([CauseCodes.ServiceUnknown, CauseCodes.Unsampled]);
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
