using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Milvus.Client;
using MilvusTracing.Worker.Settings;
using MilvusTracing.Worker.Telemetry;

namespace MilvusTracing.Tests.Worker;

public sealed class DatabaseTelemetryTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DatabaseTelemetry _telemetry;

    public DatabaseTelemetryTests()
        => _telemetry = new DatabaseTelemetry(
            _services.GetRequiredService<IMeterFactory>(), new MilvusServer("milvus.example", 19530, MilvusServer.DefaultDatabase));

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task An_error_that_Milvus_answers_with_is_told_by_its_code_and_reason()
    {
        var span = await FailAsync(new MilvusException(MilvusErrorCode.CollectionNotFound, "collection not found"));

        span.GetTagItem("error.type").ShouldBe("100");
        span.GetTagItem("db.response.status_code").ShouldBe("100");
        span.StatusDescription.ShouldBe("ErrorCode: CollectionNotFound Reason: collection not found");
    }

    [Theory]
    [InlineData(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", "Milvus at milvus.example:19530 answered DeadlineExceeded (too busy)")]
    [InlineData(StatusCode.Unauthenticated, "UNAUTHENTICATED", "Milvus at milvus.example:19530 refused the key (too busy); check Key in ConnectionStrings:milvus")]
    public async Task A_failed_call_is_told_by_its_gRPC_status(StatusCode status, string errorType, string reason)
    {
        var span = await FailAsync(new RpcException(new Status(status, "too busy")));

        span.GetTagItem("error.type").ShouldBe(errorType);
        span.GetTagItem("db.response.status_code").ShouldBeNull();
        span.StatusDescription.ShouldBe(reason);
    }

    [Fact]
    public async Task Any_other_failure_is_told_by_its_type()
        => (await FailAsync(new TimeoutException("late"))).GetTagItem("error.type").ShouldBe("System.TimeoutException");

    /// <returns>The span of an operation that fails.</returns>
    private async Task<Activity> FailAsync(Exception failure)
    {
        // The source is the process's: the collection's name tells this test's span from others.
        var operation = _telemetry.Operation("search", $"books_{Guid.NewGuid():N}");
        Activity? span = null;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Instrumentation.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped => span = stopped.DisplayName == operation.SpanName ? stopped : span,
        };
        ActivitySource.AddActivityListener(listener);

        var thrown = await Should.ThrowAsync<Exception>(() => _telemetry.TraceAsync<int>(operation, () => throw failure));

        thrown.ShouldBeSameAs(failure);
        span.ShouldNotBeNull().Status.ShouldBe(ActivityStatusCode.Error);
        return span;
    }
}
