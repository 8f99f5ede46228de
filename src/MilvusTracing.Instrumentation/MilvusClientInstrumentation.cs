using MilvusTracing.Instrumentation.Calls;

namespace MilvusTracing.Instrumentation;

/// <summary>
/// Observes the process's calls to Milvus as long as a provider wants spans or metrics of them. One observer serves all
/// providers: two would record every duration twice.
/// </summary>
internal static class MilvusClientInstrumentation
{
    private static readonly Lock Gate = new();
    private static readonly List<MilvusClientTraceInstrumentationOptions> Tracing = [];
    private static int _measuring;
    private static MilvusDiagnosticListener? _observer;

    /// <summary>What spans are to say, or null where nobody traces.</summary>
    public static TracingOptions? Options { get; private set; }

    /// <returns>To be disposed when the provider is.</returns>
    public static IDisposable Trace(MilvusClientTraceInstrumentationOptions options)
    {
        Change(() => Tracing.Add(options));
        return new Handle(() => Tracing.Remove(options));
    }

    /// <inheritdoc cref="Trace"/>
    public static IDisposable Measure()
    {
        Change(() => _measuring++);
        return new Handle(() => _measuring--);
    }

    private static void Change(Action change)
    {
        lock (Gate)
        {
            change();
            Options = Tracing.Count > 0 ? new TracingOptions([.. Tracing]) : null;
            if (Tracing.Count + _measuring == 0)
            {
                _observer?.Dispose();
                _observer = null;
            }
            else
            {
                _observer ??= new MilvusDiagnosticListener();
            }
        }
    }

    private sealed class Handle(Action remove) : IDisposable
    {
        private Action? _remove = remove;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _remove, null) is { } once)
            {
                Change(once);
            }
        }
    }
}
