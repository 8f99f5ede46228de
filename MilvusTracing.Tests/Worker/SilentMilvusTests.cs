using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using MilvusTracing.Tests.Support;
using MilvusTracing.Worker.Passes;
using MilvusTracing.Worker.Settings;
using OpenTelemetry;

namespace MilvusTracing.Tests.Worker;

/// <summary>Milvus takes the connection and answers nothing.</summary>
public sealed class SilentMilvusTests : IDisposable
{
    private readonly SilentServer _milvus = new();

    private string ConnectionString => $"Endpoint=http://127.0.0.1:{_milvus.Port};Key=root:Milvus";

    public void Dispose() => _milvus.Dispose();

    [Fact]
    public async Task A_pass_does_not_wait_longer_than_the_time_limit_of_an_operation()
    {
        var clock = new FakeTimeProvider();
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:milvus"] = ConnectionString;
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.AddMilvus();
        builder.AddPasses();
        using var host = builder.Build();

        // Applications of tests that run beside this one would record its calls, too.
        using var suppressed = SuppressInstrumentationScope.Begin();
        var pass = host.Services.GetRequiredService<QuickSetup>().RunAsync(CancellationToken.None);
        await _milvus.Connected;
        clock.Advance(PassOperations.TimeLimit);

        var failure = await pass.WaitAsync(Timeouts.Limit).ShouldThrowAsync<OperationFailedException>();
        failure.Operation.ShouldBe("has_collection");
        failure.Reason.ShouldBe($"Milvus at 127.0.0.1:{_milvus.Port} did not answer within 30 s");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task Stopping_the_worker_in_a_pass_is_no_failed_pass_but_a_missing_one(int passes, int exitCode)
    {
        await using var worker = WorkerProcess.Start(ConnectionString, passes);

        await _milvus.Connected;
        worker.Signal();

        (await worker.WaitForExitAsync()).ShouldBe(exitCode);
        worker.Output.ShouldBeEmpty();
    }
}
