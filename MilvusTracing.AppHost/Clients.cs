using Microsoft.Extensions.DependencyInjection;

/// <summary>The programs in <c>clients/</c>: the worker's example in other languages.</summary>
internal static class Clients
{
    /// <summary>
    /// Lists each client whose language is installed, to be started by hand. Its packages are installed when it is started
    /// for the first time, by its language's own command.
    /// </summary>
    public static void AddClients(this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> milvus)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            return;
        }

        var python = OperatingSystem.IsWindows() ? "python" : "python3";
        if (builder.AreInstalled(python))
        {
            var scripts = Path.Combine(builder.Folder("python"), ".venv", OperatingSystem.IsWindows() ? "Scripts" : "bin");
            builder.AddClient("python", milvus, Path.Combine(scripts, "opentelemetry-instrument"), Path.Combine(scripts, "python"), "main.py")
                .WithInstaller("venv", python, "-m", "venv", ".venv")
                .WithInstaller("packages", Path.Combine(scripts, "python"), "-m", "pip", "install", "-r", "requirements.txt");
        }

        if (builder.AreInstalled("node", "npm"))
        {
            builder.AddClient("node", milvus, "node", "--import", "@opentelemetry/auto-instrumentations-node/register", "main.js")
                // The calls to Milvus alone, and no questions to the clouds where this might run.
                .WithEnvironment("OTEL_NODE_ENABLED_INSTRUMENTATIONS", "grpc")
                .WithEnvironment("OTEL_NODE_RESOURCE_DETECTORS", "env,host,os,process")
                .WithInstaller("packages", "npm", "install", "--no-audit", "--no-fund");
        }

        // A folder of the jars that pom.xml names, the agent as agent.jar, makes Maven unnecessary.
        var jars = builder.Configuration["Clients:JavaLibraries"] is { Length: > 0 } folder ? folder : null;
        if (builder.AreInstalled("java", jars is null ? "mvn" : "javac"))
        {
            var libraries = jars ?? Path.Combine("target", "lib");
            var classes = Path.Combine("target", "classes");
            var classPath = $"{classes}{Path.PathSeparator}{Path.Combine(libraries, "*")}";
            var client = builder.AddClient("java", milvus, "java", $"-javaagent:{Path.Combine(libraries, "agent.jar")}", "-cp", classPath, "QuickSetup");
            _ = jars is null
                ? client.WithInstaller("packages", "mvn", "--batch-mode", "package")
                : client.WithInstaller("classes", "javac", "-d", classes, "-cp", classPath, "src/main/java/QuickSetup.java");
        }

        if (builder.AreInstalled("go"))
        {
            builder.AddClient("go", milvus, "go", "run", ".").WithInstaller("packages", "go", "mod", "tidy");
        }
    }

    private static IResourceBuilder<ExecutableResource> AddClient(
        this IDistributedApplicationBuilder builder, string language, IResourceBuilder<IResourceWithConnectionString> milvus, string command, params string[] args) =>
        builder.AddExecutable($"{language}-client", command, builder.Folder(language), args)
            .WithMilvusTracing(milvus)
            .WithExplicitStart();

    /// <summary>Adds a command that has to succeed before the client starts, and after the commands added before it.</summary>
    private static IResourceBuilder<ExecutableResource> WithInstaller(
        this IResourceBuilder<ExecutableResource> client, string name, string command, params string[] args)
    {
        var builder = client.ApplicationBuilder;
        var installer = builder.AddExecutable($"{client.Resource.Name}-{name}", command, client.Resource.WorkingDirectory, args)
            .WithParentRelationship(client)
            .WithHiddenOnCompletion(0)
            .WithExplicitStart();
        foreach (var earlier in client.Resource.Annotations.OfType<WaitAnnotation>().Where(wait => wait.WaitType == WaitType.WaitForCompletion).ToList())
        {
            installer.WaitForCompletion(builder.CreateResourceBuilder(earlier.Resource));
        }

        return client
            .WaitForCompletion(installer)
            .OnBeforeResourceStarted((_, start, cancellation) => EnsureStartedAsync(installer.Resource, start.Services, cancellation));
    }

    /// <summary>Starts what is explicitly started, unless it runs or has succeeded.</summary>
    private static async Task EnsureStartedAsync(IResource installer, IServiceProvider services, CancellationToken cancellation)
    {
        services.GetRequiredService<ResourceNotificationService>().TryGetCurrentState(installer.Name, out var current);
        if (current?.Snapshot is not { ExitCode: 0 })
        {
            await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(installer, KnownResourceCommands.StartCommand, cancellation);
        }
    }

    private static string Folder(this IDistributedApplicationBuilder builder, string language) =>
        Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "..", "clients", language));

    private static bool AreInstalled(this IDistributedApplicationBuilder builder, params string[] programs)
    {
        var folders = (builder.Configuration["PATH"] ?? "").Split(Path.PathSeparator);
        string[] extensions = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];
        return programs.All(program => folders.Any(folder => extensions.Any(extension => File.Exists(Path.Combine(folder, program + extension)))));
    }
}
