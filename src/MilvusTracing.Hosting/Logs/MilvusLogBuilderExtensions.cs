using Aspire.Hosting.Milvus;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Hosting.Logs.Otlp;

namespace Aspire.Hosting;

/// <summary>Puts Milvus's log beside its traces.</summary>
internal static partial class MilvusLogBuilderExtensions
{
    /// <summary>As the Go part's spans have it.</summary>
    private const string Service = "standalone";

    private static readonly TimeSpan ReportEvery = TimeSpan.FromMinutes(1);

    /// <summary>Long: what a busy dashboard takes after it is sent again, and stands there twice.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    /// <summary>Sends Milvus's log to the dashboard, where the application has one, as structured logs of the traces that they belong to.</summary>
    public static IResourceBuilder<MilvusServerResource> WithLogForwarding(this IResourceBuilder<MilvusServerResource> milvus, MilvusLogSelection choice)
    {
        var application = milvus.ApplicationBuilder;
        if (choice != MilvusLogSelection.None && application.ExecutionContext.IsRunMode)
        {
            // By then the dashboard is among the resources. An emulator in the place of Milvus is another object of the same name.
            var isRunning = false;
            application.Eventing.Subscribe<BeforeResourceStartedEvent>((start, cancellationToken) =>
            {
                if (start.Resource.Name == milvus.Resource.Name && !Interlocked.Exchange(ref isRunning, true))
                {
                    // It lives as long as the application.
                    _ = RunAsync(milvus.Resource, choice, application.DashboardOtlpKey(), start.Services);
                }

                return Task.CompletedTask;
            });
        }

        return milvus;
    }

    private static async Task RunAsync(
        MilvusServerResource milvus, MilvusLogSelection choice, string dashboardKey, IServiceProvider services)
    {
        if (services.GetRequiredService<DistributedApplicationModel>().DashboardOtlpEndpoint() is not { } dashboard)
        {
            return;
        }

        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MilvusLogForwarder).FullName!);
        var stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            var address = new Uri((await dashboard.GetValueAsync(stopping).ConfigureAwait(false))!);
            var key = await milvus.ApiKeyParameter.GetValueAsync(stopping).ConfigureAwait(false);
            using var channel = Connect(address);
            var client = new LogsService.LogsServiceClient(channel);
            var sender = new OtlpLogSender(
                Service,
                (request, cancellation) => client.ExportAsync(
                    request, [new("x-otlp-api-key", dashboardKey)], DateTime.UtcNow.Add(Deadline), cancellation).ResponseAsync,
                TimeProvider.System);
            var forwarder = new MilvusLogForwarder(choice, key ?? "", sender.Add, TimeProvider.System);
            await Task.WhenAll(
                ReadAsync(milvus.Name, forwarder, services, stopping),
                sender.RunAsync(stopping),
                ReportAsync(sender, logger, stopping)).ConfigureAwait(false);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            Log.Ended(logger, exception, exception.Message);
        }
    }

    /// <summary>Reads the log of every instance that the resource is run as: it is known by the name that it gets there.</summary>
    private static async Task ReadAsync(string name, MilvusLogForwarder forwarder, IServiceProvider services, CancellationToken cancellationToken)
    {
        var logs = services.GetRequiredService<ResourceLoggerService>();
        var instances = new HashSet<string>();
        var reading = new List<Task>();
        await foreach (var change in services.GetRequiredService<ResourceNotificationService>().WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (change.Resource.Name == name && instances.Add(change.ResourceId))
            {
                reading.Add(forwarder.ReadAsync(logs.WatchAsync(change.ResourceId), cancellationToken));
            }
        }

        await Task.WhenAll(reading).ConfigureAwait(false);
    }

    private static async Task ReportAsync(OtlpLogSender sender, ILogger logger, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ReportEvery);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            if (sender.TakeLost() is ( > 0 and var count, var reason))
            {
                Log.Lost(logger, count, reason.Length > 0 ? $"the dashboard answered {reason}" : $"more than {OtlpLogSender.QueueLength} waited to be sent");
            }
        }
    }

    private static GrpcChannel Connect(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            // On this machine the dashboard's development certificate may not be trusted.
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, errors) => errors == default || address.IsLoopback },
        },
        DisposeHttpClient = true,
    });

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} lines of Milvus's log did not reach the dashboard in the last minute: {Reason}.")]
        public static partial void Lost(ILogger logger, long count, string reason);

        [LoggerMessage(LogLevel.Error, "Milvus's log no longer goes to the dashboard: {Reason}")]
        public static partial void Ended(ILogger logger, Exception exception, string reason);
    }
}
