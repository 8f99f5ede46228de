using Aspire.Hosting.Milvus;

namespace Aspire.Hosting;

/// <summary>Runs an emulator in the place of Milvus.</summary>
public static class MilvusEmulatorBuilderExtensions
{
    /// <summary>
    /// Runs the Milvus emulator, an ordinary process, in the place of the Milvus container. No container runtime is
    /// needed: the Jaeger of <c>WithTracing</c> is left out, too, and spans go straight to the dashboard; nothing but
    /// Milvus may refer to it. When publishing, both containers stay.
    /// </summary>
    /// <remarks>
    /// The emulator answers the calls of Milvus's SDKs on small data in memory and traces as Milvus does. It is for
    /// development and tests. References, waits, health check, key and environment of the Milvus resource hold for it.
    /// </remarks>
    /// <typeparam name="TProject">The emulator's project, which the AppHost references: <c>Projects.MilvusTracing_Emulator</c>.</typeparam>
    /// <param name="builder">The Milvus resource.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger).RunAsEmulator&lt;Projects.MilvusTracing_Emulator&gt;();
    /// </code>
    /// </example>
    public static IResourceBuilder<MilvusServerResource> RunAsEmulator<TProject>(this IResourceBuilder<MilvusServerResource> builder)
        where TProject : IProjectMetadata, new()
    {
        ArgumentNullException.ThrowIfNull(builder);

        var application = builder.ApplicationBuilder;
        if (application.ExecutionContext.IsPublishMode || MilvusEmulatorResource.IsInPlaceOf(builder.Resource))
        {
            return builder;
        }

        application.Resources.Remove(builder.Resource);
        foreach (var annotation in builder.Resource.Annotations.Where(IsForContainersAlone).ToList())
        {
            builder.Resource.Annotations.Remove(annotation);
        }

        var project = new TProject().ProjectPath;
        application.AddResource(new MilvusEmulatorResource(builder.Resource, "dotnet", Path.GetDirectoryName(project)!))
            .WithArgs("run", "--project", project, "--no-build", "--no-launch-profile");

        // 19530 may be taken by a Milvus of the machine's own: the emulator gets a free port.
        var endpoint = builder.Resource.PrimaryEndpoint;
        builder.WithEndpoint(endpoint.EndpointName, grpc => grpc.TargetPort = null)
            .WithUrlForEndpoint(endpoint.EndpointName, url => url.DisplayText = "Milvus emulator")
            .WithEnvironment("PROXY_PORT", endpoint.Property(EndpointProperty.TargetPort));

        builder.Resource.TracesTo()?.LeaveOutFor(builder);
        return builder;
    }

    /// <summary>Takes a Jaeger out of the application, and out of what the Milvus waits for.</summary>
    internal static void LeaveOutFor(this JaegerResource jaeger, IResourceBuilder<MilvusServerResource> milvus)
    {
        milvus.ApplicationBuilder.Resources.Remove(jaeger);
        foreach (var annotation in milvus.Resource.Annotations.Where(annotation => RefersTo(annotation, jaeger)).ToList())
        {
            milvus.Resource.Annotations.Remove(annotation);
        }
    }

    private static bool IsForContainersAlone(IResourceAnnotation annotation) =>
        annotation is ContainerImageAnnotation or ContainerMountAnnotation or ContainerFileSystemCallbackAnnotation or CommandLineArgsCallbackAnnotation;

    private static bool RefersTo(IResourceAnnotation annotation, IResource resource) =>
        annotation is WaitAnnotation wait && wait.Resource == resource
        || annotation is ResourceRelationshipAnnotation relationship && relationship.Resource == resource;
}
