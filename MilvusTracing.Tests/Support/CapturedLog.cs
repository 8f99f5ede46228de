using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MilvusTracing.Tests.Support;

/// <summary>What an application under test writes to its log.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<Line> _lines = new();
    private readonly SemaphoreSlim _written = new(0);

    internal sealed record Line(LogLevel Level, string Category, string Message);

    public IReadOnlyList<Line> Lines => [.. _lines];

    public IReadOnlyList<string> Warnings => [.. _lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Message)];

    /// <summary>Waits until the condition holds; it is looked at after each line.</summary>
    public async Task WaitForAsync(Func<CapturedLog, bool> condition, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        while (!condition(this))
        {
            try
            {
                await _written.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"The log is not as expected after {limit.TotalSeconds} s:\n{string.Join('\n', Lines)}");
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
        // Lines may still come after the host is gone, and are looked at then.
    }

    private sealed class Writer(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            log._lines.Enqueue(new Line(logLevel, category, formatter(state, exception)));
            log._written.Release();
        }
    }
}
