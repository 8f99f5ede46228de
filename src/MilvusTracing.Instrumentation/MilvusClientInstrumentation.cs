using System.Diagnostics;
using MilvusTracing.Instrumentation.Calls;

namespace MilvusTracing.Instrumentation;

/// <summary>
/// The registered providers. They share one listener, since two would record every duration twice. It is subscribed once
/// and stays subscribed; without a provider it ignores all calls.
/// </summary>
internal static class MilvusClientInstrumentation
{
    private static readonly object Gate = new();
    private static readonly Lazy<IDisposable> Subscription = new(() => DiagnosticListener.AllListeners.Subscribe(new MilvusDiagnosticListener()));
    private static readonly List<MilvusClientTraceInstrumentationOptions> TracerProviders = [];
    private static int _meterProviders;

    /// <summary>The combined options of all tracer providers; null without a tracer provider.</summary>
    public static TracingOptions? Options { get; private set; }

    /// <summary>Whether a provider is registered.</summary>
    public static bool IsEnabled => Options is not null || _meterProviders > 0;

    /// <returns>The registration, to dispose with the provider.</returns>
    public static IDisposable AddTracerProvider(MilvusClientTraceInstrumentationOptions options)
        => new Registration(() => TracerProviders.Add(options), () => TracerProviders.Remove(options));

    /// <inheritdoc cref="AddTracerProvider"/>
    public static IDisposable AddMeterProvider() => new Registration(() => _meterProviders++, () => _meterProviders--);

    private static void Change(Action change)
    {
        _ = Subscription.Value;
        lock (Gate)
        {
            change();
            Options = TracerProviders.Count > 0 ? new TracingOptions([.. TracerProviders]) : null;
        }
    }

    private sealed class Registration : IDisposable
    {
        private Action? _remove;

        public Registration(Action add, Action remove)
        {
            _remove = remove;
            Change(add);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _remove, null) is { } remove)
            {
                Change(remove);
            }
        }
    }
}
