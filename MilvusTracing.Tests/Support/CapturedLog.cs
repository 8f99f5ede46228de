using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MilvusTracing.Tests.Support;

/// <summary>Captures the log of an application under test.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<Line> _lines = new();
    private readonly ChangeSignal _changed = new();

    internal sealed record Line(LogLevel Level, string Category, string Message);

    public IReadOnlyList<Line> Lines => [.. _lines];

    public IReadOnlyList<string> Warnings => [.. _lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Message)];

    /// <summary>Waits until a condition holds. It is checked after every line.</summary>
    public Task WaitForAsync(Func<CapturedLog, bool> condition, TimeSpan limit)
        => _changed.WaitForAsync(() => condition(this), limit, () => $"The log:\n{string.Join('\n', Lines)}");

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
        // Lines written during and after the host's disposal are captured, too.
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
            log._changed.Raise();
        }
    }
}
