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
    /// starts after Milvus. With the emulator, which has no metrics, it is left out.
    /// </summary>
    /// <remarks>
    /// The Collector logs in to <c>/metrics</c> as <c>root</c> with Milvus's password. In a published application it sends to the
    /// publisher's dashboard. Without any dashboard, pass a Collector of your own that has <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.
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
        collector
            .WithArgs(context =>
            {
                if (Model(context.ExecutionContext.Services).Resources.Contains(milvus.Resource))
                {
                    context.Args.Add(ConfigArgument("milvus-metrics.yaml"));
                    if (!all)
                    {
                        context.Args.Add(ConfigArgument("curated-metrics.yaml"));
                    }
                }
            })
            .WithEnvironment(context =>
            {
                var model = Model(context.ExecutionContext.Services);
                if (!model.Resources.Contains(milvus.Resource))
                {
                    return;
                }

                var environment = context.EnvironmentVariables;
                environment["MILVUS_METRICS_TARGET"] = endpoint.Property(EndpointProperty.HostAndPort);
                environment["MILVUS_METRICS_SERVICE"] = milvus.Resource.Name;
                environment["MILVUS_METRICS_PASSWORD"] = milvus.Resource.ApiKeyParameter;
                if (model.DashboardOtlpEndpoint() is { } dashboard)
                {
                    environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = dashboard;
                    environment["MILVUS_METRICS_OTLP_KEY"] = builder.DashboardOtlpKey();
                }
            });
        if (builder.ExecutionContext.IsPublishMode)
        {
            // Makes publishers set OTEL_EXPORTER_OTLP_ENDPOINT to their dashboard.
            collector.WithAnnotation(new OtlpExporterAnnotation());
            return milvus;
        }

        builder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            // RunAsEmulator has replaced Milvus by another resource, which shares its annotations.
            if (!start.Model.Resources.Contains(milvus.Resource))
            {
                milvus.Resource.Annotations.Remove(endpoint.EndpointAnnotation);
                if (isOwn)
                {
                    builder.Resources.Remove(collector.Resource);
                }
            }

            return Task.CompletedTask;
        });
        builder.Eventing.Subscribe<BeforeResourceStartedEvent>((start, _) =>
        {
            if (start.Resource.Name == milvus.Resource.Name && start.Resource != milvus.Resource)
            {
                Log.LeftOut(Logger(start.Services, start.Resource));
            }

            return Task.CompletedTask;
        });
        builder.Eventing.Subscribe<ResourceReadyEvent>(
            milvus.Resource, (ready, cancellationToken) => CheckAsync(milvus.Resource, endpoint, Logger(ready.Services, collector.Resource), cancellationToken));
        return milvus;

        static DistributedApplicationModel Model(IServiceProvider services) => services.GetRequiredService<DistributedApplicationModel>();

        static ILogger Logger(IServiceProvider services, IResource resource) =>
            services.GetRequiredService<ResourceLoggerService>().GetLogger(resource);
    }

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
    private static string ConfigArgument(string file)
    {
        using var reader = new StreamReader(typeof(MilvusMetricsBuilderExtensions).Assembly.GetManifestResourceStream(file)!);
        var lines = reader.ReadToEnd().Split('\n').Where(line => line.Trim() is [not '#', ..]);
        return $"--config=yaml:{string.Join('\n', lines)}";
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The emulator has no metrics: WithMetrics is left out.")]
        public static partial void LeftOut(ILogger logger);

        [LoggerMessage(
            LogLevel.Error,
            "'{Resource}' refuses the password of the user root for its metrics: status {Status} from {Address}. "
            + "Set the parameter '{Parameter}' to the password that the data volume was created with.")]
        public static partial void Refused(ILogger logger, string resource, int status, string address, string parameter);

        [LoggerMessage(LogLevel.Error, "The metrics of '{Resource}' could not be read from {Address}: {Reason}. Expected Milvus 2.3 or later.")]
        public static partial void Failed(ILogger logger, string resource, string address, string reason);
    }
}
