using System.Net.Http.Headers;
using System.Text;
using Aspire.Hosting.Milvus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>Sends Milvus's own metrics to the dashboard.</summary>
public static partial class MilvusMetricsBuilderExtensions
{
    private const string EndpointName = "metrics";

    /// <summary>Short, because resources that wait for Milvus wait for the check.</summary>
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds an OpenTelemetry Collector, named after Milvus with <c>-metrics</c> appended, that scrapes Milvus's endpoint
    /// <c>/metrics</c> every 5 seconds and sends what it finds to the dashboard, with Milvus's resource name as service name. It
    /// starts after Milvus. With the emulator, which has no metrics, and without a dashboard it is left out.
    /// </summary>
    /// <remarks>
    /// The Collector logs in to <c>/metrics</c> as <c>root</c> with Milvus's password. In a published application it sends to the
    /// publisher's dashboard. Without a dashboard, pass a Collector of your own that has <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.
    /// </remarks>
    /// <param name="milvus">The Milvus resource.</param>
    /// <param name="collector">
    /// A Collector of the application that does this instead, for this one Milvus. It needs the components <c>prometheus</c>,
    /// <c>filter</c>, <c>resource</c> and <c>otlp_grpc</c>, as in the distribution <c>contrib</c> 0.161; its other pipelines remain.
    /// </param>
    /// <param name="all">Whether to send all of Milvus's metrics, some 400 kinds, instead of those that <c>docs/metrics.md</c> lists.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger).WithMetrics();
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<MilvusServerResource> WithMetrics(
        this IResourceBuilder<MilvusServerResource> milvus, IResourceBuilder<ContainerResource>? collector = null, bool all = false)
    {
        ArgumentNullException.ThrowIfNull(milvus);

        var builder = milvus.ApplicationBuilder;
        milvus.WithHttpEndpoint(targetPort: 9091, name: EndpointName)
            .WithUrlForEndpoint(EndpointName, url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly);
        var endpoint = milvus.GetEndpoint(EndpointName);

        var isOwn = collector is null;
        collector ??= builder.AddContainer($"{milvus.Resource.Name}-metrics", "otel/opentelemetry-collector-contrib", "0.161.0")
            .WithImageRegistry("docker.io")
            .WithIconName("DesktopPulse")
            .WithParentRelationship(milvus)
            .WaitFor(milvus);
        if (builder.ExecutionContext.IsPublishMode)
        {
            collector.WithAnnotation(new CollectorAnnotation());
        }

        builder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            // RunAsEmulator has replaced Milvus by another resource, which shares its annotations.
            var isEmulator = !start.Model.Resources.Contains(milvus.Resource);
            if (isEmulator)
            {
                milvus.Resource.Annotations.Remove(endpoint.EndpointAnnotation);
            }

            if (!isEmulator && (!isOwn || builder.ExecutionContext.IsPublishMode || start.HasDashboard()))
            {
                Connect(collector, milvus, endpoint, all);
                return Task.CompletedTask;
            }

            if (isOwn)
            {
                builder.Resources.Remove(collector.Resource);
            }

            builder.Eventing.Subscribe<BeforeResourceStartedEvent>((starting, _) =>
            {
                if (starting.Resource.Name == milvus.Resource.Name)
                {
                    Log.LeftOut(Logger(starting.Services, starting.Resource), isEmulator ? "The emulator has no metrics" : "The application has no dashboard");
                }

                return Task.CompletedTask;
            });
            return Task.CompletedTask;
        });
        return milvus;
    }

    private static void Connect(
        IResourceBuilder<ContainerResource> collector, IResourceBuilder<MilvusServerResource> milvus, EndpointReference endpoint, bool all)
    {
        var application = milvus.ApplicationBuilder;
        collector.WithArgs(ConfigArgument("milvus-metrics.yaml"));
        if (!all)
        {
            collector.WithArgs(ConfigArgument("curated-metrics.yaml"));
        }

        collector.WithEnvironment(context =>
        {
            var environment = context.EnvironmentVariables;
            environment["MILVUS_METRICS_TARGET"] = endpoint.Property(EndpointProperty.HostAndPort);
            environment["MILVUS_METRICS_SERVICE"] = milvus.Resource.Name;
            environment["MILVUS_METRICS_PASSWORD"] = milvus.Resource.ApiKeyParameter;
            if (context.ExecutionContext.Services.GetRequiredService<DistributedApplicationModel>().DashboardOtlpEndpoint() is { } dashboard)
            {
                environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = dashboard;
                environment["MILVUS_METRICS_OTLP_KEY"] = application.DashboardOtlpKey();
            }
        });
        application.Eventing.Subscribe<ResourceReadyEvent>(
            milvus.Resource, (ready, cancellationToken) => CheckAsync(milvus.Resource, endpoint, Logger(ready.Services, collector.Resource), cancellationToken));
    }

    private static ILogger Logger(IServiceProvider services, IResource resource) =>
        services.GetRequiredService<ResourceLoggerService>().GetLogger(resource);

    /// <summary>Requests <c>/metrics</c> once, as the Collector does, and logs what to do if Milvus refuses.</summary>
    private static async Task CheckAsync(MilvusServerResource milvus, EndpointReference endpoint, ILogger logger, CancellationToken cancellationToken)
    {
        var address = $"{endpoint.Url}/metrics";
        try
        {
            var token = await milvus.Token.GetValueAsync(cancellationToken).ConfigureAwait(false) ?? "";
            using var client = new HttpClient { Timeout = CheckTimeout };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(token)));
            using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode is 401 or 403)
            {
                Log.Refused(logger, milvus.Name, (int)response.StatusCode, address, milvus.ApiKeyParameter.Name);
            }
            else if (!response.IsSuccessStatusCode)
            {
                Log.Failed(logger, milvus.Name, address, $"HTTP status {(int)response.StatusCode}");
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, milvus.Name, address, exception.Message.TrimEnd('.'));
        }
    }

    /// <summary>An embedded configuration file as an argument. Files in a container would be lost when the application is published.</summary>
    private static string ConfigArgument(string file) =>
        $"--config=yaml:{string.Join('\n', JaegerBuilderExtensions.ReadConfig(file).Split('\n').Where(line => line.Trim() is [not '#', ..]))}";

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Obstacle}: WithMetrics is left out.")]
        public static partial void LeftOut(ILogger logger, string obstacle);

        [LoggerMessage(
            LogLevel.Error,
            "'{Resource}' refuses the password of the user root for its metrics: status {Status} from {Address}. "
            + "Set the parameter '{Parameter}' to the password that the data volume was created with.")]
        public static partial void Refused(ILogger logger, string resource, int status, string address, string parameter);

        [LoggerMessage(LogLevel.Error, "The metrics of '{Resource}' could not be read from {Address}: {Reason}. Expected Milvus 2.3 or later.")]
        public static partial void Failed(ILogger logger, string resource, string address, string reason);
    }
}
