using System.Diagnostics;
using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Worker.Passes;

/// <summary>Runs pass after pass, each a trace of its own. A pass that fails is logged and counts.</summary>
internal sealed partial class PassRunner(
    QuickSetup quickSetup,
    WorkerSettings settings,
    PassOutcome outcome,
    IHostEnvironment environment,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<PassRunner> log) : BackgroundService
{
    // The service defaults export the source that is named as the application is.
    private readonly ActivitySource _source = new(environment.ApplicationName);

    public override void Dispose()
    {
        _source.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failuresInARow = 0;

        while (true)
        {
            var passed = await RunPassAsync(stoppingToken);
            outcome.Add(passed);

            if (outcome.IsComplete)
            {
                lifetime.StopApplication();
                return;
            }

            failuresInARow = passed ? 0 : failuresInARow + 1;
            var delay = passed ? settings.Interval : RetryDelay.After(failuresInARow);

            if (!passed)
            {
                LogRetry(delay.TotalSeconds);
            }

            await Task.Delay(delay, time, stoppingToken);
        }
    }

    private async Task<bool> RunPassAsync(CancellationToken stopping)
    {
        Activity.Current = null;
        using var root = _source.StartActivity(QuickSetup.Name);
        var trace = new PassTrace(root, settings.JaegerUrl);
        var started = Stopwatch.GetTimestamp();

        try
        {
            var operations = await quickSetup.RunAsync(stopping);
            LogPassed(operations, Stopwatch.GetElapsedTime(started).TotalMilliseconds, trace);
            return true;
        }
        catch (OperationFailedException failure)
        {
            root?.SetStatus(ActivityStatusCode.Error, failure.Message);
            LogFailed(failure.Operation, failure.Reason, trace);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "quick_setup passed: {Operations} operations in {Milliseconds:F0} ms, trace {Trace}")]
    private partial void LogPassed(int operations, double milliseconds, PassTrace trace);

    [LoggerMessage(2, LogLevel.Error, "quick_setup failed at {Operation}: {Reason}, trace {Trace}")]
    private partial void LogFailed(string operation, string reason, PassTrace trace);

    [LoggerMessage(3, LogLevel.Information, "next pass in {Seconds} s")]
    private partial void LogRetry(double seconds);
}

internal static class RetryDelay
{
    private const int LongestSeconds = 30;

    /// <summary>1, 2, 4, 8, 16 and then 30 seconds.</summary>
    /// <param name="failures">How many passes failed in a row: 1 or more.</param>
    public static TimeSpan After(int failures)
        => TimeSpan.FromSeconds(failures > 5 ? LongestSeconds : 1 << (failures - 1));
}
