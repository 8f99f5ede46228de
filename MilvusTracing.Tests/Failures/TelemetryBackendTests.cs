using Grpc.Core;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Failures;

/// <summary>
/// Whatever becomes of one telemetry backend, every pass of the worker passes, the other backend gets everything, and the
/// log names the one.
/// </summary>
public sealed class TelemetryBackendTests : TwoBackends
{
    public enum Backend
    {
        Dashboard,
        Jaeger,
    }

    [Theory]
    [InlineData(Backend.Dashboard)]
    [InlineData(Backend.Jaeger)]
    public async Task Down_from_the_start(Backend backend)
    {
        await Victim(backend).StopAsync();
        await PassesPassAsync(backend, "Connection refused");
    }

    [Theory]
    [InlineData(Backend.Dashboard)]
    [InlineData(Backend.Jaeger)]
    public async Task Answering_errors(Backend backend)
    {
        Victim(backend).Interceptor = OtlpFaults.GrpcStatus(StatusCode.ResourceExhausted, "storage is full");
        await PassesPassAsync(backend, "it answers ResourceExhausted (storage is full)");
    }

    [Theory]
    [InlineData(Backend.Dashboard)]
    [InlineData(Backend.Jaeger)]
    public async Task Refusing_the_key(Backend backend)
    {
        Victim(backend).Interceptor = OtlpFaults.RequireHeader("x-otlp-api-key", "right");
        var worker = await PassesPassAsync(backend, "it answers Unauthenticated", ("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=mistaken"));
        worker.Output.ShouldNotContain("mistaken");
    }

    [Theory]
    [InlineData(Backend.Dashboard)]
    [InlineData(Backend.Jaeger)]
    public async Task Slow(Backend backend)
    {
        Victim(backend).Interceptor = OtlpFaults.Slow(TimeSpan.FromSeconds(2));

        await using var worker = Start(passes: 5);
        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);

        worker.Lines.Count(line => line.Contains("quick_setup passed: ")).ShouldBe(5);
        Other(backend).ShouldHoldEveryPassOf(worker);
        Warnings(worker).ShouldAllBe(warning => warning.Contains(Setting(backend)), "slow is no error, unless the end comes before the answer");
    }

    [Theory]
    [InlineData(Backend.Dashboard)]
    [InlineData(Backend.Jaeger)]
    public async Task Killed_with_a_request_in_its_hands_and_restarted(Backend backend)
    {
        var victim = Victim(backend);
        await using var worker = Start(passes: 0);
        await victim.WaitForAsync(() => RootsIn(victim) > 0, Patience.Limit);

        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        victim.Interceptor = (context, _) =>
        {
            taken.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await taken.Task.WaitAsync(Patience.Limit);
        await victim.StopAsync();
        await worker.WaitForLineAsync("warn: ");
        await worker.WaitForLineAsync("quick_setup passed: ", skip: worker.Lines.Count);

        var before = RootsIn(victim);
        victim.Interceptor = null;
        await victim.ListenAsync();
        await victim.WaitForAsync(() => RootsIn(victim) > before, Patience.Limit);

        worker.Signal();
        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        worker.Output.ShouldNotContain("failed");
        Warnings(worker).ShouldHaveSingleItem().ShouldContain(Setting(backend));
        Other(backend).ShouldHoldEveryPassOf(worker);
    }

    private static string Setting(Backend backend) => backend == Backend.Dashboard ? "(OTEL_EXPORTER_OTLP_ENDPOINT)" : "(ConnectionStrings:jaeger)";

    private static int RootsIn(OtlpReceiver receiver) => receiver.Spans.Count(span => span.Name == "quick_setup");

    private static IReadOnlyList<string> Warnings(ChildProcess worker) => [.. worker.Lines.Where(line => line.Contains("warn: "))];

    private async Task<ChildProcess> PassesPassAsync(Backend backend, string reason, params (string Name, string Value)[] more)
    {
        await using var worker = Start(passes: 5, more);
        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);

        worker.Lines.Count(line => line.Contains("quick_setup passed: ")).ShouldBe(5);
        worker.Output.ShouldNotContain("failed");
        Warnings(worker).ShouldHaveSingleItem().ShouldContain($"{Setting(backend)} does not take telemetry: {reason}");
        Other(backend).ShouldHoldEveryPassOf(worker);
        return worker;
    }

    private ChildProcess Start(int passes, params (string Name, string Value)[] more) =>
        StartWorker(passes, [("OTEL_BSP_SCHEDULE_DELAY", "20"), .. more]);

    private OtlpReceiver Victim(Backend backend) => backend == Backend.Dashboard ? Dashboard : Jaeger;

    private OtlpReceiver Other(Backend backend) => backend == Backend.Dashboard ? Jaeger : Dashboard;
}
