/// <summary>The languages of the example clients in <c>clients/</c>.</summary>
internal enum ClientLanguage
{
    Python,
    Node,
    Java,
    Go,
}

/// <summary>Adds the example clients in <c>clients/</c>, which do in other languages what the worker does.</summary>
internal static class Clients
{
    /// <summary>Adds the clients of the setting <c>Clients</c>. Each runs once, after its packages are installed and Milvus is ready.</summary>
    public static void AddClients(this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> milvus)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            return;
        }

        foreach (var language in builder.Configuration.ReadNames<ClientLanguage>("Clients"))
        {
            _ = language switch
            {
                ClientLanguage.Python => builder.AddPythonClient(milvus),
                ClientLanguage.Node => builder.AddNodeClient(milvus),
                ClientLanguage.Java => builder.AddJavaClient(milvus),
                _ => builder.AddGoClient(milvus),
            };
        }
    }

    private static IResourceBuilder<ExecutableResource> AddPythonClient(
        this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> milvus)
    {
        var python = OperatingSystem.IsWindows() ? "python" : "python3";
        var scripts = Path.Combine(builder.Folder("python"), ".venv", OperatingSystem.IsWindows() ? "Scripts" : "bin");
        return builder.AddClient("python", milvus, Path.Combine(scripts, "opentelemetry-instrument"), Path.Combine(scripts, "python"), "main.py")
            // Trace ids without the W3C random flag, which Milvus does not accept; docs/clients.md explains it.
            .WithEnvironment("OTEL_PYTHON_ID_GENERATOR", "xray")
            .WithInstaller("venv", python, "-m", "venv", ".venv")
            .WithInstaller("packages", Path.Combine(scripts, "python"), "-m", "pip", "install", "-r", "requirements.txt");
    }

    private static IResourceBuilder<ExecutableResource> AddNodeClient(
        this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> milvus) =>
        builder.AddClient("node", milvus, "node", "--import", "@opentelemetry/auto-instrumentations-node/register", "main.js")
            // Create spans for the calls to Milvus only, and send no requests to the metadata services of clouds.
            .WithEnvironment("OTEL_NODE_ENABLED_INSTRUMENTATIONS", "grpc")
            .WithEnvironment("OTEL_NODE_RESOURCE_DETECTORS", "env,host,os,process")
            .WithInstaller("packages", "npm", "install", "--no-audit", "--no-fund");

    private static IResourceBuilder<ExecutableResource> AddJavaClient(
        this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> milvus)
    {
        // A folder with the jars that pom.xml names, and with the Java agent as agent/agent.jar, replaces Maven.
        var jars = builder.Configuration.Read("Clients:JavaLibraries");
        var libraries = jars ?? Path.Combine("target", "lib");
        var classes = Path.Combine("target", "classes");
        var classPath = $"{classes}{Path.PathSeparator}{Path.Combine(libraries, "*")}";
        var client = builder.AddClient("java", milvus, "java", $"-javaagent:{Path.Combine(libraries, "agent", "agent.jar")}", "-cp", classPath, "QuickSetup")
            // The example creates its spans itself; the other instrumentations only slow the start.
            .WithEnvironment("OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED", "false")
            .WithEnvironment("OTEL_INSTRUMENTATION_OPENTELEMETRY_API_ENABLED", "true");
        return jars is null
            ? client.WithInstaller("packages", "mvn", "--batch-mode", "package")
            : client.WithInstaller(
                "classes", "javac", "-d", classes, "-cp", classPath, "src/main/java/QuickSetup.java", "src/main/java/MilvusTracing.java");
    }

    private static IResourceBuilder<ExecutableResource> AddGoClient(
        this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> milvus) =>
        // A program built from clients/go replaces Go.
        builder.Configuration.Read("Clients:GoProgram") is { } program
            ? builder.AddClient("go", milvus, program)
            : builder.AddClient("go", milvus, "go", "run", ".").WithInstaller("packages", "go", "mod", "download");

    private static IResourceBuilder<ExecutableResource> AddClient(
        this IDistributedApplicationBuilder builder,
        string language,
        IResourceBuilder<IResourceWithConnectionString> milvus,
        string command,
        params string[] args) =>
        builder.AddExecutable($"{language}-client", command, builder.Folder(language), args).WithMilvusTracing(milvus);

    /// <summary>Adds a command that must succeed before the client starts. It runs after the commands added before it.</summary>
    private static IResourceBuilder<ExecutableResource> WithInstaller(
        this IResourceBuilder<ExecutableResource> client, string name, string command, params string[] args)
    {
        var builder = client.ApplicationBuilder;
        var installer = builder.AddExecutable($"{client.Resource.Name}-{name}", command, client.Resource.WorkingDirectory, args)
            .WithParentRelationship(client)
            .WithHiddenOnCompletion(0);
        foreach (var earlier in client.Resource.Annotations.OfType<WaitAnnotation>().Where(wait => wait.WaitType == WaitType.WaitForCompletion).ToList())
        {
            installer.WaitForCompletion(builder.CreateResourceBuilder(earlier.Resource));
        }

        return client.WaitForCompletion(installer);
    }

    private static string Folder(this IDistributedApplicationBuilder builder, string language) =>
        Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "..", "clients", language));
}
