using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>Verifies traces of a running application, for tests with Aspire.Hosting.Testing.</summary>
public static class DistributedApplicationVerificationExtensions
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);

    /// <summary>Waits until a trace of a resource is complete in Jaeger and in the dashboard, where the application has them, and verifies it.</summary>
    /// <param name="app">The running application. Aspire.Hosting.Testing disables the dashboard by default.</param>
    /// <param name="resourceName">The resource that calls Milvus. Its name is the service name of its traces.</param>
    /// <param name="trace">The trace; null for the latest trace of the resource.</param>
    /// <param name="wait">The longest time to wait; null means 30 seconds. Milvus's C++ core alone buffers spans for up to 5 seconds.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The report. Check it with <see cref="TraceAssertions"/>.</returns>
    /// <exception cref="InvalidOperationException">The application has neither Jaeger nor dashboard, or its Jaeger is not running.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <example>
    /// <code>
    /// var report = await app.VerifyTraceAsync("shop");
    /// report.EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromSeconds(1)).EnsureMilvusCalls(atMost: 3);
    /// </code>
    /// </example>
    [AspireExportIgnore(Reason = "For tests in .NET.")]
    public static async Task<VerificationReport> VerifyTraceAsync(
        this DistributedApplication app,
        string resourceName,
        TraceReference? trace = null,
        TimeSpan? wait = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentException.ThrowIfNullOrEmpty(resourceName);

        using var backends = TraceBackends.Of(app.Services);
        return await backends.VerifyAsync(resourceName, trace, wait ?? DefaultWait, cancellationToken).ConfigureAwait(false);
    }
}
