using System.Globalization;
using System.Reflection;
using Aspire.Hosting.Milvus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>Adds tracing, a readiness check and an emulator to Milvus resources.</summary>
public static class MilvusTracingBuilderExtensions
{
    /// <summary>
    /// Makes Milvus and its C++ core send their spans to Jaeger, in the trace of the caller. Also adds the readiness check of
    /// <see cref="WithReadinessCheck"/> and the log forwarding of <c>WithLogForwarding</c>.
    /// </summary>
    /// <param name="builder">The Milvus resource. It starts after Jaeger.</param>
    /// <param name="jaeger">The Jaeger that receives the spans.</param>
    /// <param name="configure">Changes the options of this Milvus; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger").WithAppForwarding();
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger, options => options.SampleFraction = 0.1);
    /// </code>
    /// </example>
    [AspireExport(RunSyncOnBackgroundThread = true)]
    public static IResourceBuilder<MilvusServerResource> WithTracing(
        this IResourceBuilder<MilvusServerResource> builder, IResourceBuilder<JaegerResource> jaeger, Action<MilvusTracingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(jaeger);

        var options = new MilvusTracingOptions();
        configure?.Invoke(options);

        builder
            .WithAnnotation(new TracingAnnotation(jaeger.Resource), ResourceAnnotationMutationBehavior.Replace)
            // Without it Milvus 2.6 and later assume a cluster and refuse the embedded etcd.
            .WithEnvironment("DEPLOY_MODE", "STANDALONE")
            .WithEnvironment("TRACE_EXPORTER", "otlp")
            .WithEnvironment("TRACE_OTLP_METHOD", "grpc")
            .WithEnvironment("TRACE_INITTIMEOUTSECONDS", "10")
            .WithEnvironment("TRACE_SAMPLEFRACTION", options.SampleFraction.ToString(CultureInfo.InvariantCulture))
            // The batch delay of the Go exporter in milliseconds. With the default, 5,000, spans arrive that much later.
            .WithEnvironment("OTEL_BSP_SCHEDULE_DELAY", "200")
            .WithEnvironment(context => SetTraceEndpoint(context, jaeger))
            .WithReferenceRelationship(jaeger)
            // Milvus panics if no collector responds within the timeout above.
            .WaitFor(jaeger)
            .WithReadinessCheck();
        if (!builder.Resource.HasAnnotationOfType<MilvusLogForwardingAnnotation>())
        {
            builder.WithLogForwarding();
        }

        // The link to Jaeger's UI lists Milvus's latest traces.
        jaeger.WithUrlForEndpoint(JaegerResource.UIEndpointName, url => url.Url = "/search?service=standalone&lookback=1h&limit=20");

        if (builder.Resource.IsEmulator())
        {
            builder.RemoveJaeger(jaeger.Resource);
        }

        return builder;
    }

    /// <summary>
    /// Adds a health check that calls Milvus's gRPC health service, so that <c>WaitFor</c> waits until Milvus accepts requests.
    /// <see cref="WithTracing"/> includes it. A second call does nothing.
    /// </summary>
    /// <param name="builder">The Milvus resource.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// var milvus = builder.AddMilvus("milvus").WithReadinessCheck();
    /// builder.AddProject&lt;Projects.Shop&gt;("shop").WithReference(milvus).WaitFor(milvus);
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<MilvusServerResource> WithReadinessCheck(this IResourceBuilder<MilvusServerResource> builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var key = $"{builder.Resource.Name}_grpc";
        if (builder.Resource.Annotations.OfType<HealthCheckAnnotation>().Any(check => check.Key == key))
        {
            return builder;
        }

        builder.ApplicationBuilder.Services.AddHealthChecks()
            .Add(new HealthCheckRegistration(key, new MilvusHealthCheck(builder.Resource), failureStatus: null, tags: null));
        return builder.WithHealthCheck(key);
    }

    /// <summary>
    /// Runs the Milvus emulator, an ordinary process, instead of the Milvus container, so that no container runtime is needed. The
    /// Jaeger of <see cref="WithTracing"/> is removed from the application too, and spans go directly to the dashboard; other
    /// resources must not refer to that Jaeger. The container of <c>WithAttu</c> is left out; databases of
    /// <c>AddDatabase</c> are refused when the application starts. When publishing, this does nothing.
    /// </summary>
    /// <remarks>
    /// The emulator supports the calls of Milvus's SDKs on small data in memory, and traces like Milvus. It is for development and
    /// tests. References, waits, health check, password and environment of the Milvus resource apply to it, and
    /// <c>IsEmulator()</c> is true for it. It is the .NET tool <c>MilvusTracing.Emulator</c>, of this package's version:
    /// <c>dotnet tool exec</c> takes it from the NuGet sources of the AppHost's folder.
    /// </remarks>
    /// <param name="builder">The Milvus resource.</param>
    /// <param name="configureEmulator">Configures the emulator; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger)
    ///     .RunAsEmulator(emulator => emulator.WithEndpoint("grpc", grpc => grpc.Port = 19530));
    /// </code>
    /// </example>
    [AspireExport(RunSyncOnBackgroundThread = true)]
    public static IResourceBuilder<MilvusServerResource> RunAsEmulator(
        this IResourceBuilder<MilvusServerResource> builder, Action<IResourceBuilder<MilvusEmulatorResource>>? configureEmulator = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var version = typeof(MilvusEmulatorResource).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return builder.RunAsEmulator(
            builder.ApplicationBuilder.AppHostDirectory,
            ["tool", "exec", "MilvusTracing.Emulator", "--version", version.Split('+')[0], "--yes"],
            configureEmulator);
    }

    /// <summary>Does the same as <see cref="RunAsEmulator(IResourceBuilder{MilvusServerResource}, Action{IResourceBuilder{MilvusEmulatorResource}}?)"/>, with a project.</summary>
    /// <typeparam name="TProject">The emulator's project, which the AppHost references: <c>Projects.MilvusTracing_Emulator</c>.</typeparam>
    /// <param name="builder">The Milvus resource.</param>
    /// <param name="configureEmulator">Configures the emulator; null for the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger).RunAsEmulator&lt;Projects.MilvusTracing_Emulator&gt;();
    /// </code>
    /// </example>
    [AspireExportIgnore(Reason = "Other languages have no project metadata types; they use the overload without a project.")]
    public static IResourceBuilder<MilvusServerResource> RunAsEmulator<TProject>(
        this IResourceBuilder<MilvusServerResource> builder, Action<IResourceBuilder<MilvusEmulatorResource>>? configureEmulator = null)
        where TProject : IProjectMetadata, new()
    {
        ArgumentNullException.ThrowIfNull(builder);

        var project = new TProject().ProjectPath;
        return builder.RunAsEmulator(
            Path.GetDirectoryName(project)!, ["run", "--project", project, "--no-build", "--no-launch-profile"], configureEmulator);
    }

    private static IResourceBuilder<MilvusServerResource> RunAsEmulator(
        this IResourceBuilder<MilvusServerResource> builder,
        string workingDirectory,
        string[] arguments,
        Action<IResourceBuilder<MilvusEmulatorResource>>? configureEmulator)
    {
        var application = builder.ApplicationBuilder;
        if (application.ExecutionContext.IsPublishMode || builder.Resource.IsEmulator())
        {
            return builder;
        }

        application.Resources.Remove(builder.Resource);
        builder.RemoveAnnotations(annotation =>
            annotation is ContainerImageAnnotation or ContainerMountAnnotation
                or ContainerFileSystemCallbackAnnotation or CommandLineArgsCallbackAnnotation);
        var emulator = application.AddResource(new MilvusEmulatorResource(builder.Resource, "dotnet", workingDirectory))
            .WithAnnotation(new EmulatorResourceAnnotation())
            .WithArgs(arguments);

        // A free port, because a Milvus of this machine may use 19530.
        var endpoint = builder.Resource.PrimaryEndpoint;
        builder.WithEndpoint(endpoint.EndpointName, grpc => grpc.TargetPort = null)
            .WithUrlForEndpoint(endpoint.EndpointName, url => url.DisplayText = "Milvus emulator")
            .WithEnvironment("PROXY_PORT", endpoint.Property(EndpointProperty.TargetPort));

        if (builder.Resource.TryGetLastAnnotation<TracingAnnotation>(out var tracing))
        {
            builder.RemoveJaeger(tracing.Jaeger);
        }

        application.Eventing.Subscribe<BeforeStartEvent>((start, cancellationToken) => CheckDependentsAsync(start, builder.Resource, cancellationToken));
        configureEmulator?.Invoke(emulator);
        return builder;
    }

    /// <summary>Refuses databases, and leaves out the container of Attu.</summary>
    private static async Task CheckDependentsAsync(BeforeStartEvent start, MilvusServerResource milvus, CancellationToken cancellationToken)
    {
        var resources = start.Model.Resources;
        if (resources.OfType<MilvusDatabaseResource>().FirstOrDefault(database => database.Parent == milvus) is { } database)
        {
            // Aspire gives children the state of containers only: whatever waits for the database would never start.
            throw new DistributedApplicationException(
                $"'{database.Name}' is a database of '{milvus.Name}', which runs as the emulator; expected no AddDatabase, because the emulator has "
                + $"only the database 'default'. Reference '{milvus.Name}' instead, or use a Milvus.");
        }

        var context = start.Services.GetRequiredService<DistributedApplicationExecutionContext>();
        foreach (var attu in resources.OfType<AttuResource>().ToList())
        {
            // Its only link to its Milvus.
            var environment = await attu.EvaluateEnvironmentAsync(context, cancellationToken).ConfigureAwait(false);
            if (environment.GetValueOrDefault("MILVUS_URL") is string url && url.Contains($"//{milvus.Name}:", StringComparison.Ordinal))
            {
                resources.Remove(attu);
            }
        }
    }

    private static void SetTraceEndpoint(EnvironmentCallbackContext context, IResourceBuilder<JaegerResource> jaeger)
    {
        var environment = context.EnvironmentVariables;
        var model = context.ExecutionContext.Services.GetRequiredService<DistributedApplicationModel>();
        if (model.Resources.Contains(jaeger.Resource))
        {
            environment["TRACE_OTLP_ENDPOINT"] = jaeger.Resource.OtlpGrpcEndpoint.Property(EndpointProperty.HostAndPort);
            environment["TRACE_OTLP_SECURE"] = "false";
        }
        else if (model.DashboardOtlpEndpoint() is { } dashboard)
        {
            environment["TRACE_OTLP_ENDPOINT"] = dashboard.Property(EndpointProperty.HostAndPort);
            environment["TRACE_OTLP_SECURE"] = dashboard.IsHttps ? "true" : "false";
            environment["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={jaeger.ApplicationBuilder.DashboardOtlpKey()}";
        }
        else
        {
            environment["TRACE_EXPORTER"] = "noop";
        }
    }

    /// <summary>Removes a Jaeger from the application, and Milvus's wait for it and relationship to it.</summary>
    private static void RemoveJaeger(this IResourceBuilder<MilvusServerResource> milvus, JaegerResource jaeger)
    {
        milvus.ApplicationBuilder.Resources.Remove(jaeger);
        milvus.RemoveAnnotations(annotation =>
            annotation is WaitAnnotation wait && wait.Resource == jaeger
            || annotation is ResourceRelationshipAnnotation relationship && relationship.Resource == jaeger);
    }

    private static void RemoveAnnotations(this IResourceBuilder<MilvusServerResource> milvus, Func<IResourceAnnotation, bool> predicate)
    {
        foreach (var annotation in milvus.Resource.Annotations.Where(predicate).ToList())
        {
            milvus.Resource.Annotations.Remove(annotation);
        }
    }

    private sealed record TracingAnnotation(JaegerResource Jaeger) : IResourceAnnotation;
}
