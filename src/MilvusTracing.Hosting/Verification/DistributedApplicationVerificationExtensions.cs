using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>Lets tests of an application, as with Aspire.Hosting.Testing, verify its traces.</summary>
public static class DistributedApplicationVerificationExtensions
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);

    /// <summary>Waits until a resource's trace is complete, in Jaeger and in the dashboard, whichever of the two runs, and judges it.</summary>
    /// <param name="app">The running application; tests switch the dashboard off unless told otherwise.</param>
    /// <param name="resourceName">The resource that calls Milvus, whose name is the service name of its traces.</param>
    /// <param name="trace">The trace; null for the resource's latest.</param>
    /// <param name="wait">The longest to wait; null for 30 seconds, of which Milvus's C++ core alone may take five.</param>
    /// <param name="cancellationToken">Gives up with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The report, for <see cref="TraceAssertions"/>.</returns>
    /// <exception cref="InvalidOperationException">The application has neither Jaeger nor dashboard, or its Jaeger does not run.</exception>
    /// <example>
    /// <code>
    /// var report = await app.VerifyTraceAsync("shop");
    /// report.EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromSeconds(1)).EnsureMilvusCalls(atMost: 3);
    /// </code>
    /// </example>
    public static async Task<VerificationReport> VerifyTraceAsync(
        this DistributedApplication app, string resourceName, TraceReference? trace = null, TimeSpan? wait = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentException.ThrowIfNullOrEmpty(resourceName);

        using var backends = TraceBackends.Of(app.Services);
        return await TraceVerifier.VerifyAsync(
            new VerificationRequest { Backends = backends.All, Service = resourceName, Trace = trace, Wait = wait ?? DefaultWait },
            cancellationToken: cancellationToken).ConfigureAwait(false);
    }
}
