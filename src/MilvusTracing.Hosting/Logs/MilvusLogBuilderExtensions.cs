using Aspire.Hosting.Milvus;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Hosting.Logs.Otlp;
using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>Forwards the logs of Milvus resources.</summary>
public static class MilvusLogBuilderExtensions
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    /// <summary>Long, because the dashboard shows a batch twice if it stores it after the deadline and receives it again.</summary>
    private static readonly TimeSpan ExportTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Sends Milvus's log to the dashboard as structured logs, each record in the trace whose id the line carries. Their service name
    /// is the resource name. Without a dashboard this does nothing. A second call replaces the selection.
    /// Errors about the export of spans are kept for the verify command, even if nothing is selected.
    /// </summary>
    /// <remarks>
    /// <c>WithTracing</c> includes it with the default selection, unless it was called before. Milvus also writes the ids of traces
    /// that are not sampled; a line does not show which they are.
    /// </remarks>
    /// <param name="milvus">The Milvus resource.</param>
    /// <param name="selection">The lines to send. The default is those with a trace id, and warnings and errors.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger).WithLogForwarding(MilvusLogSelection.All);
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<MilvusServerResource> WithLogForwarding(
        this IResourceBuilder<MilvusServerResource> milvus, MilvusLogSelection selection = MilvusLogSelection.Warning)
    {
        ArgumentNullException.ThrowIfNull(milvus);

        var isFirst = !milvus.Resource.HasAnnotationOfType<MilvusLogForwardingAnnotation>();
        milvus.WithAnnotation(new MilvusLogForwardingAnnotation(selection, new()), ResourceAnnotationMutationBehavior.Replace);
        if (isFirst && milvus.ApplicationBuilder.ExecutionContext.IsRunMode)
        {
            // The dashboard is among the resources only when they start. An emulator is another resource of the same name.
            var starts = 0;
            milvus.ApplicationBuilder.Eventing.Subscribe<BeforeResourceStartedEvent>((start, cancellationToken) =>
            {
                if (start.Resource.Name == milvus.Resource.Name && Interlocked.Increment(ref starts) == 1)
                {
                    // Runs until the application stops.
                    _ = RunAsync(milvus, start.Resource, start.Services);
                }

                return Task.CompletedTask;
            });
        }

        return milvus;
    }

    /// <summary>The export errors in the logs of the application's Milvus resources, as causes of missing spans.</summary>
    /// <param name="model">The application.</param>
    /// <param name="since">When the trace started whose spans are missing; null for errors of any time.</param>
    internal static IReadOnlyList<Cause> MilvusExportFailureCauses(this DistributedApplicationModel model, DateTimeOffset? since) =>
    [
        .. from resource in model.Resources
           where resource.HasAnnotationOfType<MilvusLogForwardingAnnotation>()
           let failure = resource.Annotations.OfType<MilvusLogForwardingAnnotation>().Last().Failures.Last
           where failure is not null && (since is null || failure.Time >= since)
           select failure.ToCause(resource.Name),
    ];

    private static async Task RunAsync(IResourceBuilder<MilvusServerResource> builder, IResource started, IServiceProvider services)
    {
        var milvus = builder.Resource;
        var forwarding = milvus.Annotations.OfType<MilvusLogForwardingAnnotation>().Last();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MilvusLogForwarder).FullName!);
        var stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            var log = services.GetRequiredService<ResourceLoggerService>().WatchAsync(started);
            var password = await milvus.ApiKeyParameter.GetValueAsync(stopping).ConfigureAwait(false) ?? "";
            if (forwarding.Selection == MilvusLogSelection.None
                || services.GetRequiredService<DistributedApplicationModel>().DashboardOtlpEndpoint() is not { } dashboard)
            {
                await new MilvusLogForwarder(MilvusLogSelection.None, password, _ => { }, TimeProvider.System, forwarding.Failures)
                    .ReadAsync(log, stopping).ConfigureAwait(false);
                return;
            }

            var apiKey = builder.ApplicationBuilder.DashboardOtlpKey();
            using var channel = Connect(new Uri((await dashboard.GetValueAsync(stopping).ConfigureAwait(false))!));
            var client = new LogsService.LogsServiceClient(channel);
            var sender = new OtlpLogSender(
                milvus.Name,
                (request, cancellationToken) => client.ExportAsync(
                    request, [new("x-otlp-api-key", apiKey)], DateTime.UtcNow.Add(ExportTimeout), cancellationToken).ResponseAsync,
                TimeProvider.System);
            var read = new MilvusLogForwarder(forwarding.Selection, password, sender.Add, TimeProvider.System, forwarding.Failures).ReadAsync(log, stopping);
            Task[] tasks = [read, sender.RunAsync(stopping), ReportDroppedAsync(milvus.Name, sender, logger, stopping)];
            // The first to fail: the others run until the application stops.
            await (await Task.WhenAny(tasks).ConfigureAwait(false)).ConfigureAwait(false);
            await Task.WhenAll(tasks).ConfigureAwait(false);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            logger.LogError(exception, "Forwarding the log of '{Resource}' to the dashboard failed: {Reason}", milvus.Name, exception.Message);
        }
    }

    private static async Task ReportDroppedAsync(string name, OtlpLogSender sender, ILogger logger, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ReportInterval);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            if (sender.TakeDropped() is ( > 0 and var count, var reason))
            {
                reason = reason.Length > 0 ? $"the dashboard returned {reason}" : $"the queue of {OtlpLogSender.QueueLength} records was full";
                logger.LogWarning("{Count} log records of '{Resource}' were dropped in the last minute: {Reason}.", count, name, reason);
            }
        }
    }

    private static GrpcChannel Connect(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            // The development certificate of a dashboard on this machine may not be trusted.
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, errors) => errors == default || address.IsLoopback },
        },
        DisposeHttpClient = true,
    });
}

/// <summary>How a Milvus resource's log is forwarded.</summary>
/// <param name="Selection">Which lines are sent to the dashboard.</param>
/// <param name="Failures">The export errors in the log.</param>
internal sealed record MilvusLogForwardingAnnotation(MilvusLogSelection Selection, MilvusExportFailures Failures) : IResourceAnnotation;
