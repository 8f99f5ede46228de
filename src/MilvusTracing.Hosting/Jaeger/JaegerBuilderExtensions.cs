using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using YamlDotNet.Serialization;

namespace Aspire.Hosting;

/// <summary>Adds Jaeger v2, which is an OpenTelemetry Collector with a store and a UI, to an application.</summary>
public static partial class JaegerBuilderExtensions
{
    /// <summary>The only folder that the image's user may write to. A new volume inherits its permissions.</summary>
    private const string DataFolder = "/tmp";

    /// <summary>
    /// Adds a Jaeger v2 container that stores spans in memory. If the application has an Aspire dashboard, Jaeger forwards every
    /// span to it, so that both show complete traces. This also holds for the dashboard of a published application.
    /// </summary>
    /// <remarks>
    /// Jaeger gets its whole configuration as arguments, which every publisher supports. For a browser outside a published
    /// application, make the endpoint <c>ui</c> external: <c>jaeger.WithEndpoint("ui", ui => ui.IsExternal = true)</c>.
    /// </remarks>
    /// <param name="builder">The application builder.</param>
    /// <param name="name">The resource name. <c>WithReference</c> passes on Jaeger's OTLP/gRPC URL as a connection string of this name.</param>
    /// <param name="otlpGrpcPort">The host port for OTLP/gRPC, for senders outside the application; null selects a free port.</param>
    /// <returns>A builder for the Jaeger resource.</returns>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger").WithAppForwarding();
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger);
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<JaegerResource> AddJaeger(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, int? otlpGrpcPort = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var jaeger = builder.AddResource(new JaegerResource(name));
        if (builder.ExecutionContext.IsPublishMode)
        {
            jaeger.WithAnnotation(new CollectorAnnotation());
            builder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
            {
                // Aspire writes this scheme into the probe, where Kubernetes wants capitals: https://github.com/microsoft/aspire/issues/18271
                if (start.Model.Resources.Any(resource => resource.GetType().Name == "KubernetesEnvironmentResource"))
                {
                    jaeger.WithEndpoint(JaegerResource.HealthEndpointName, health => health.UriScheme = "HTTP");
                }

                return Task.CompletedTask;
            });
        }
        else
        {
            jaeger.WithEnvironment("DASHBOARD_OTLP_API_KEY", builder.DashboardOtlpKey());
        }

        return jaeger
            .WithImage(JaegerContainerImageTags.Image, JaegerContainerImageTags.Tag)
            .WithImageRegistry(JaegerContainerImageTags.Registry)
            .WithIconName("GanttChart")
            .WithHttpEndpoint(port: otlpGrpcPort, targetPort: 4317, name: JaegerResource.OtlpGrpcEndpointName)
            .WithEndpoint(JaegerResource.OtlpGrpcEndpointName, endpoint => endpoint.Transport = "http2")
            .WithHttpEndpoint(targetPort: 4318, name: JaegerResource.OtlpHttpEndpointName)
            .WithHttpEndpoint(targetPort: 16686, name: JaegerResource.UIEndpointName)
            .WithHttpEndpoint(targetPort: 13133, name: JaegerResource.HealthEndpointName)
            .WithUrlForEndpoint(JaegerResource.UIEndpointName, url => url.DisplayText = "Jaeger UI")
            .WithUrlForEndpoint(JaegerResource.OtlpGrpcEndpointName, ShowInDetailsOnly)
            .WithUrlForEndpoint(JaegerResource.OtlpHttpEndpointName, ShowInDetailsOnly)
            .WithUrlForEndpoint(JaegerResource.HealthEndpointName, ShowInDetailsOnly)
            .WithHttpProbe(ProbeType.Readiness, "/status", endpointName: JaegerResource.HealthEndpointName)
            .WithConfig("jaeger.yaml")
            .WithDashboardConfig("dashboard.yaml")
            .WithArgs(async context =>
            {
                const string Setting = "--set=exporters.otlp/dashboard";
                if (await ForwardingEndpointAsync(context).ConfigureAwait(false) is { } endpoint)
                {
                    var argument = new ReferenceExpressionBuilder();
                    argument.AppendLiteral($"{Setting}.endpoint=");
                    if (endpoint is string text)
                    {
                        argument.AppendLiteral(text);
                    }
                    else
                    {
                        argument.AppendValueProvider(endpoint);
                    }

                    context.Args.Add(argument.Build());
                    if (builder.ExecutionContext.IsRunMode)
                    {
                        // The empty second part makes this a string; a key of digits only would be a number.
                        context.Args.Add($"{Setting}.headers.x-otlp-api-key=${{env:DASHBOARD_OTLP_API_KEY}}${{env:NOTHING:-}}");
                    }
                }
            });
    }

    /// <summary>
    /// Makes every resource with an OTLP exporter, such as every project, send its traces to Jaeger. Metrics and logs still go to
    /// the dashboard directly; Jaeger forwards the traces there.
    /// </summary>
    /// <remarks>
    /// Sets <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c> and the other trace variables of the
    /// <see href="https://opentelemetry.io/docs/specs/otel/protocol/exporter/">OTLP exporter specification</see>. An exporter in any
    /// language that supports them works; in .NET that is <c>UseOtlpExporter()</c>. These resources start after Jaeger. Their span
    /// queue holds 32,768 spans unless they set <c>OTEL_BSP_MAX_QUEUE_SIZE</c>.
    /// </remarks>
    /// <param name="builder">The Jaeger resource.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddJaeger("jaeger").WithAppForwarding();
    /// builder.AddProject&lt;Projects.Shop&gt;("shop");
    /// builder.AddExecutable("search", "python", ".", "app.py").WithOtlpExporter();
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<JaegerResource> WithAppForwarding(this IResourceBuilder<JaegerResource> builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.ApplicationBuilder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            // RunAsEmulator removes Jaeger from the application.
            if (start.Model.Resources.Contains(builder.Resource))
            {
                foreach (var sender in start.Model.Resources.OfType<IResourceWithEnvironment>()
                    .Where(resource => resource.HasAnnotationOfType<OtlpExporterAnnotation>() && !resource.HasAnnotationOfType<CollectorAnnotation>()))
                {
                    builder.ApplicationBuilder.CreateResourceBuilder(sender)
                        .WithEnvironment(context => SetTracesEndpoint(context.EnvironmentVariables, builder.Resource))
                        .WithReferenceRelationship(builder)
                        .WithAnnotation(new WaitAnnotation(builder.Resource, WaitType.WaitUntilHealthy));
                }
            }

            return Task.CompletedTask;
        });
        return builder;
    }

    /// <summary>
    /// Makes Jaeger compute metrics of the spans it receives, Milvus's among them, before it samples, and send them to the
    /// dashboard: for each service <c>calls</c> and <c>duration</c> (milliseconds), by span name, kind and status. Without a
    /// dashboard this does nothing.
    /// </summary>
    /// <param name="builder">The Jaeger resource.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddJaeger("jaeger").WithAppForwarding().WithSpanMetrics();
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<JaegerResource> WithSpanMetrics(this IResourceBuilder<JaegerResource> builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.WithDashboardConfig("span-metrics.yaml");
    }

    /// <summary>
    /// Makes Jaeger decide for each trace, after it has ended, whether to store and forward it. Senders still sample every trace.
    /// Span metrics count every trace.
    /// </summary>
    /// <remarks>
    /// Jaeger decides 10 seconds after the first span of a trace arrives, twice as long as Milvus's C++ core buffers its spans. The
    /// trace is not visible before. Spans that arrive later follow the decision. If a trace lasts longer than 10 seconds, its first
    /// part decides. Up to 20,000 traces wait for a decision (2,000 traces a second; 0.4 GB with 40 spans each); beyond that, the
    /// oldest ones are dropped.
    /// </remarks>
    /// <param name="builder">The Jaeger resource.</param>
    /// <param name="policies">Adds the policies, at least one. A trace is kept if any of them matches.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">No policy was added.</exception>
    /// <example>
    /// Keep every failed and every slow trace, and one in a hundred of the others:
    /// <code>
    /// builder.AddJaeger("jaeger")
    ///     .WithTailSampling(keep => keep.Errors().SlowerThan(TimeSpan.FromMilliseconds(500)).SampleOneIn(100));
    /// </code>
    /// </example>
    [AspireExport(RunSyncOnBackgroundThread = true)]
    public static IResourceBuilder<JaegerResource> WithTailSampling(this IResourceBuilder<JaegerResource> builder, Action<TailSamplingPolicies> policies)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(policies);

        var keep = new TailSamplingPolicies();
        policies(keep);
        if (keep.IsEmpty)
        {
            throw new ArgumentException(
                "Tail sampling without a policy drops every trace. Add a policy, for example keep => keep.Errors().", nameof(policies));
        }

        // These replace the policies in the file, which are for a Jaeger outside Aspire.
        return builder
            .WithConfig("tail-sampling.yaml")
            .WithArgs($"--set=processors.tail_sampling.policies={keep.ToYaml()}");
    }

    /// <summary>Makes Jaeger store traces in a volume, in a Badger database, so that they survive a restart.</summary>
    /// <param name="builder">The Jaeger resource.</param>
    /// <param name="name">The volume name; null generates one from the application and resource names.</param>
    /// <param name="timeToLive">How long Jaeger keeps a trace, at least 1 minute; null means 3 days.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time to live is less than 1 minute.</exception>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger").WithDataVolume(timeToLive: TimeSpan.FromDays(7));
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<JaegerResource> WithDataVolume(
        this IResourceBuilder<JaegerResource> builder, string? name = null, TimeSpan? timeToLive = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.WithBadger(timeToLive).WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataFolder);
    }

    /// <summary>Makes Jaeger store traces in a folder of the host, in a Badger database, so that they survive a restart.</summary>
    /// <remarks>On Linux, the user id 10001, which Jaeger runs as, needs write access to the folder.</remarks>
    /// <param name="builder">The Jaeger resource.</param>
    /// <param name="source">The folder. A relative path starts at the AppHost's folder.</param>
    /// <param name="timeToLive">How long Jaeger keeps a trace, at least 1 minute; null means 3 days.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The source is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time to live is less than 1 minute.</exception>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger").WithDataBindMount("../traces");
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<JaegerResource> WithDataBindMount(
        this IResourceBuilder<JaegerResource> builder, string source, TimeSpan? timeToLive = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(source);

        return builder.WithBadger(timeToLive).WithBindMount(source, DataFolder);
    }

    private static IResourceBuilder<JaegerResource> WithBadger(this IResourceBuilder<JaegerResource> builder, TimeSpan? timeToLive)
    {
        builder.WithConfig("badger.yaml");
        if (timeToLive is { } time)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.FromMinutes(1), nameof(timeToLive));
            builder.WithArgs(string.Create(
                CultureInfo.InvariantCulture, $"--set=extensions.jaeger_storage.backends.badger.badger.ttl.spans={(long)time.TotalMinutes}m"));
        }

        return builder;
    }

    /// <summary>Merges an embedded configuration file into Jaeger's configuration.</summary>
    private static IResourceBuilder<JaegerResource> WithConfig(this IResourceBuilder<JaegerResource> builder, string file) =>
        builder.WithArgs(context => AddOnce(context.Args, ConfigArgument(file)));

    /// <summary>Merges a configuration file that is for an application with a dashboard.</summary>
    private static IResourceBuilder<JaegerResource> WithDashboardConfig(this IResourceBuilder<JaegerResource> builder, string file) =>
        builder.WithArgs(async context =>
        {
            if (await ForwardingEndpointAsync(context).ConfigureAwait(false) is not null)
            {
                AddOnce(context.Args, ConfigArgument(file));
            }
        });

    private static void AddOnce(IList<object> arguments, string argument)
    {
        if (!arguments.Contains(argument))
        {
            arguments.Add(argument);
        }
    }

    /// <summary>
    /// A configuration file as an argument: one line of JSON, without what Compose and Helm would replace: <c>$</c> and <c>{{</c>.
    /// </summary>
    private static string ConfigArgument(string file)
    {
        var text = EnvironmentVariable().Replace(
            ReadConfig(file), variable => variable.Groups["name"].Value == "JAEGER_LISTEN_HOST" ? "0.0.0.0" : variable.Groups["default"].Value);
        var yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(text);
        return $"--config=yaml:{new SerializerBuilder().JsonCompatible().Build().Serialize(yaml).TrimEnd()}";
    }

    /// <summary>Reads an embedded configuration file.</summary>
    internal static string ReadConfig(string file)
    {
        using var reader = new StreamReader(typeof(JaegerResource).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\$\{env:(?<name>\w+)(:-(?<default>[^}]*))?\}")]
    private static partial Regex EnvironmentVariable();

    /// <returns>
    /// The OTLP/gRPC endpoint that Jaeger forwards to, as text or as a value provider: the dashboard's. Publishers set a variable to
    /// that of theirs. Null without a dashboard.
    /// </returns>
    private static async Task<object?> ForwardingEndpointAsync(CommandLineArgsCallbackContext context)
    {
        if (!context.ExecutionContext.IsPublishMode)
        {
            return context.ExecutionContext.Services.GetRequiredService<DistributedApplicationModel>().DashboardOtlpEndpoint();
        }

        var environment = await context.Resource.EvaluateEnvironmentAsync(context.ExecutionContext, context.CancellationToken).ConfigureAwait(false);
        return environment.GetValueOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT");
    }

    private static void SetTracesEndpoint(Dictionary<string, object> environment, JaegerResource jaeger)
    {
        var protocol = environment.GetValueOrDefault("OTEL_EXPORTER_OTLP_PROTOCOL") as string ?? "grpc";
        environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = protocol;
        // Exporters append the path to the general endpoint only, not to the endpoint of a signal.
        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = protocol == "grpc"
            ? jaeger.OtlpGrpcEndpoint
            : ReferenceExpression.Create($"{jaeger.OtlpHttpEndpoint.Property(EndpointProperty.Url)}/v1/traces");
        // Without it exporters would send Jaeger the dashboard's API key. An empty value counts as not set.
        if (environment.ContainsKey("OTEL_EXPORTER_OTLP_HEADERS"))
        {
            environment["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = "x-otlp-api-key=none";
        }

        // The default, 2,048 spans, overflows if 10,000 operations run while Jaeger restarts.
        environment.TryAdd("OTEL_BSP_MAX_QUEUE_SIZE", "32768");
    }

    private static void ShowInDetailsOnly(ResourceUrlAnnotation url) => url.DisplayLocation = UrlDisplayLocation.DetailsOnly;
}
