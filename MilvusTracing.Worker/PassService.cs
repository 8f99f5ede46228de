using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Milvus.Client;

namespace MilvusTracing.Worker;

/// <summary>Runs <see cref="QuickSetup"/> repeatedly, each pass as one trace, and logs how each pass ended.</summary>
internal sealed partial class PassService(
    MilvusClient milvus,
    IOptions<WorkerSettings> options,
    IHostEnvironment environment,
    IHostApplicationLifetime lifetime,
    ILogger<PassService> logger) : BackgroundService
{
    /// <summary>Seconds; the delay after failed passes grows from 1 s to this.</summary>
    private const double MaxRetryDelay = 30;

    // AddServiceDefaults exports the source that has the application's name.
    private readonly ActivitySource _source = new(environment.ApplicationName);
    private readonly WorkerSettings _settings = options.Value;

    public override void Dispose()
    {
        _source.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (succeeded, failedInARow) = (0, 0);
        Environment.ExitCode = _settings.Passes > 0 ? 1 : 0;

        for (var pass = 1; ; pass++)
        {
            var success = await RunPassAsync(stoppingToken);
            (succeeded, failedInARow) = success ? (succeeded + 1, 0) : (succeeded, failedInARow + 1);

            if (pass == _settings.Passes)
            {
                Environment.ExitCode = succeeded == pass ? 0 : 1;
                lifetime.StopApplication();
                return;
            }

            var delay = success ? _settings.Interval : Math.Min(MaxRetryDelay, Math.Pow(2, failedInARow - 1));
            if (!success)
            {
                LogRetry(delay);
            }

            await Task.Delay(TimeSpan.FromSeconds(delay), stoppingToken);
        }
    }

    /// <returns>Whether the pass succeeded.</returns>
    /// <exception cref="OperationCanceledException">The worker is stopping.</exception>
    private async Task<bool> RunPassAsync(CancellationToken stoppingToken)
    {
        using var root = _source.StartActivity(QuickSetup.Name);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var start = Stopwatch.GetTimestamp();
        var operation = "";
        var count = 0;

        try
        {
            await QuickSetup.RunAsync(milvus, name =>
            {
                operation = name;
                count++;
                timeout.CancelAfter(TimeSpan.FromSeconds(_settings.OperationTimeout));
                return timeout.Token;
            });
            LogSucceeded(count, Stopwatch.GetElapsedTime(start).TotalMilliseconds, Trace(root));
            return true;
        }
        catch (Exception exception)
        {
            // The Milvus client reports a cancellation as an RpcException.
            stoppingToken.ThrowIfCancellationRequested();
            var reason = timeout.IsCancellationRequested
                ? $"Milvus at {milvus.Address} did not respond within {_settings.OperationTimeout} s"
                : Reason(exception);
            root?.SetStatus(ActivityStatusCode.Error, $"{operation}: {reason}");
            LogFailed(operation, reason, Trace(root));
            return false;
        }
    }

    private string Reason(Exception exception) => exception switch
    {
        RpcException { StatusCode: StatusCode.Unauthenticated or StatusCode.PermissionDenied } rejected =>
            $"Milvus at {milvus.Address} rejected the user or password ({rejected.Status.Detail}); check Key in ConnectionStrings:milvus",
        RpcException { Status.DebugException: { } cause } =>
            $"no connection to Milvus at {milvus.Address} ({cause.GetBaseException().Message.TrimEnd('.')}); "
            + "check that it is up, and the address and its http:// or https:// in ConnectionStrings:milvus",
        RpcException failed => $"Milvus at {milvus.Address} responded with {failed.StatusCode} ({failed.Status.Detail})",
        _ => exception.Message,
    };

    /// <summary>The trace id for the log.</summary>
    private static string Trace(Activity? root) => root switch
    {
        null => "not recorded",
        { Recorded: false } => $"{root.TraceId} (not sampled)",
        _ => $"{root.TraceId}",
    };

    [LoggerMessage(1, LogLevel.Information, "quick_setup passed: {Operations} operations in {Milliseconds:F0} ms, trace {Trace}")]
    private partial void LogSucceeded(int operations, double milliseconds, string trace);

    [LoggerMessage(2, LogLevel.Error, "quick_setup failed at {Operation}: {Reason}, trace {Trace}")]
    private partial void LogFailed(string operation, string reason, string trace);

    [LoggerMessage(3, LogLevel.Information, "next pass in {Seconds} s")]
    private partial void LogRetry(double seconds);
}
