using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Verification;

namespace Aspire.Hosting;

#pragma warning disable RS0026 // Overloads with optional parameters: the types of the third parameter differ.

/// <summary>Verifies traces of a running application, for tests with Aspire.Hosting.Testing.</summary>
public static class DistributedApplicationVerificationExtensions
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs an action in a trace of its own, waits until this trace is complete in Jaeger and in the dashboard, where the application has
    /// them, and verifies it. Tests can run at the same time.
    /// </summary>
    /// <param name="app">The running application. Aspire.Hosting.Testing disables the dashboard by default.</param>
    /// <param name="resourceName">The resource that calls Milvus.</param>
    /// <param name="action">
    /// Makes the resource call Milvus. Each request of an HttpClient and of a gRPC client carries the trace. For another client, such as a
    /// browser, <c>Activity.Current.Id</c> is the <c>traceparent</c> to send.
    /// </param>
    /// <param name="wait">The longest time to wait after the action; null means 30 seconds. Milvus's C++ core alone buffers spans for up to 5 seconds.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The report. Check it with <see cref="TraceAssertions"/>.</returns>
    /// <exception cref="ArgumentException">The application has no such resource.</exception>
    /// <exception cref="InvalidOperationException">The application has neither Jaeger nor dashboard, or its Jaeger is not running.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    /// <example>
    /// <code>
    /// using var client = app.CreateHttpClient("shop");
    /// var report = await app.VerifyTraceAsync("shop", () => client.GetAsync("/find"));
    /// report.EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromSeconds(1)).EnsureMilvusCalls(atMost: 3);
    /// </code>
    /// </example>
    [AspireExportIgnore(Reason = "For tests in .NET.")]
    public static async Task<VerificationReport> VerifyTraceAsync(
        this DistributedApplication app,
        string resourceName,
        Func<Task> action,
        TimeSpan? wait = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);

        using var backends = await OfAsync(app, resourceName, cancellationToken).ConfigureAwait(false);
        // A root, also where the test itself is traced, and sampled by no sampler.
        Activity.Current = null;
        using var activity = new Activity(nameof(VerifyTraceAsync)).SetIdFormat(ActivityIdFormat.W3C).Start();
        activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        await action().ConfigureAwait(false);
        activity.Stop();
        return await backends.VerifyAsync(new TraceReference(activity.TraceId.ToHexString()), wait ?? DefaultWait, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until a trace of a resource is complete in Jaeger and in the dashboard, where the application has them, and verifies it.</summary>
    /// <remarks>
    /// Without a trace, the latest one that has arrived is verified. Right after a request this is often the one before: use the overload
    /// with an action.
    /// </remarks>
    /// <param name="app">The running application. Aspire.Hosting.Testing disables the dashboard by default.</param>
    /// <param name="resourceName">The resource that calls Milvus.</param>
    /// <param name="trace">The trace; null for the latest trace of the resource with a call of Milvus.</param>
    /// <param name="wait">The longest time to wait; null means 30 seconds. Milvus's C++ core alone buffers spans for up to 5 seconds.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The report. Check it with <see cref="TraceAssertions"/>.</returns>
    /// <exception cref="ArgumentException">The application has no such resource.</exception>
    /// <exception cref="InvalidOperationException">The application has neither Jaeger nor dashboard, or its Jaeger is not running.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    /// <example>
    /// <code>
    /// var report = await app.VerifyTraceAsync("shop");
    /// report.EnsureJoined().EnsureNoErrors();
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
        using var backends = await OfAsync(app, resourceName, cancellationToken).ConfigureAwait(false);
        return await backends.VerifyAsync(trace, wait ?? DefaultWait, cancellationToken).ConfigureAwait(false);
    }

    private static Task<TraceBackends> OfAsync(DistributedApplication app, string resourceName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentException.ThrowIfNullOrEmpty(resourceName);

        var resources = app.Services.GetRequiredService<DistributedApplicationModel>().Resources;
        var resource = resources.FirstOrDefault(resource => string.Equals(resource.Name, resourceName, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"The application has no resource '{resourceName}'; it has "
                    + $"{string.Join(", ", resources.OfType<IResourceWithEnvironment>().Select(resource => resource.Name))}.",
                nameof(resourceName));
        return TraceBackends.OfAsync(resource, app.Services, cancellationToken);
    }
}
