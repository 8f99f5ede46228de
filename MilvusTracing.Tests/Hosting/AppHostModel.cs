using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MilvusTracing.Tests.Hosting;

/// <summary>
/// The AppHost's application model, with allocated endpoints and no running resource. It is not built, because
/// Aspire.Hosting.Testing starts what it builds.
/// </summary>
internal sealed class AppHostModel : IAsyncDisposable
{
    /// <summary>The difference between a container's port on the host and in the container.</summary>
    private const int HostPortOffset = 20_000;

    private readonly IDistributedApplicationTestingBuilder _builder;
    private readonly ServiceProvider _services;

    private AppHostModel(IDistributedApplicationTestingBuilder builder)
    {
        _builder = builder;
        _services = builder.Services.BuildServiceProvider();
        Context = new(new DistributedApplicationExecutionContextOptions(DistributedApplicationOperation.Run) { Services = _services });
    }

    public IServiceProvider Services => _services;

    public DistributedApplicationExecutionContext Context { get; }

    public IEnumerable<IResource> Resources => _builder.Resources;

    /// <param name="settings">The AppHost's configuration. Settings of the test's environment do not apply.</param>
    /// <param name="change">Changes the model before its start event.</param>
    /// <param name="hostPorts">Ports on the host, by resource and endpoint, such as <c>jaeger/ui</c>.</param>
    public static async Task<AppHostModel> BuildAsync(
        Dictionary<string, string>? settings = null,
        Action<IDistributedApplicationTestingBuilder>? change = null,
        Dictionary<string, int>? hostPorts = null)
    {
        var configuration = new Dictionary<string, string>
        {
            ["Clients"] = "",
            ["Clients:JavaLibraries"] = "",
            ["ConnectionStrings:milvus"] = "",
            ["Milvus:Emulator"] = "",
            ["Milvus:ImageTag"] = "",
            ["OTEL_TRACES_SAMPLER"] = "",
            ["OTEL_TRACES_SAMPLER_ARG"] = "",
            ["Parameters:milvus-key"] = "secret",
        };
        foreach (var (key, value) in settings ?? [])
        {
            configuration[key] = value;
        }

        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.MilvusTracing_AppHost>(
            [.. configuration.Select(setting => $"{setting.Key}={setting.Value}")]);
        change?.Invoke(builder);
        var model = new AppHostModel(builder);
        await builder.Eventing.PublishAsync(new BeforeStartEvent(model.Services, model.Services.GetRequiredService<DistributedApplicationModel>()));
        foreach (var resource in model.Resources)
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                var inside = endpoint.TargetPort ?? endpoint.Port ?? 10_000; // which the orchestrator would choose
                var onHost = (hostPorts ?? []).GetValueOrDefault($"{resource.Name}/{endpoint.Name}", inside + HostPortOffset);
                Allocate(resource, endpoint, inside, onHost);
            }
        }

        return model;
    }

    /// <summary>The model with a second Jaeger, <c>jaeger2</c>.</summary>
    public static Task<AppHostModel> WithJaegerAsync(Action<IResourceBuilder<JaegerResource>>? configure = null, bool withDashboard = true) => BuildAsync(
        new() { ["AppHost:OtlpApiKey"] = "0815" },
        builder =>
        {
            if (withDashboard)
            {
                AddDashboard(builder, "http");
            }

            var jaeger = builder.AddJaeger("jaeger2");
            configure?.Invoke(jaeger);
        });

    /// <summary>Adds a resource like the one that Aspire adds for its dashboard when the application starts.</summary>
    public static void AddDashboard(IDistributedApplicationTestingBuilder builder, string scheme) =>
        builder.AddExecutable("aspire-dashboard", "dashboard", ".")
            .WithEndpoint(port: 19000, scheme: scheme, name: "otlp-grpc")
            .WithEndpoint(port: 19001, scheme: scheme, name: "otlp-http");

    public IResource Resource(string name) => Resources.Single(resource => resource.Name == name);

    /// <summary>The resource's environment variables and arguments, with resolved references.</summary>
    public async Task<(IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Args)> ConfigurationOfAsync(string name)
    {
        var result = await ExecutionConfigurationBuilder.Create(Resource(name))
            .WithArgumentsConfig()
            .WithEnvironmentVariablesConfig()
            .BuildAsync(Context);
        return (result.EnvironmentVariables.ToDictionary(), [.. result.Arguments.Select(argument => argument.Value)]);
    }

    /// <summary>The resources that must be healthy before this one starts.</summary>
    public IEnumerable<string> WaitsFor(string name) =>
        Resource(name).Annotations.OfType<WaitAnnotation>()
            .Where(wait => wait.WaitType == WaitType.WaitUntilHealthy)
            .Select(wait => wait.Resource.Name);

    /// <summary>Runs the resource's health checks.</summary>
    public async Task<HealthStatus> HealthOfAsync(string name)
    {
        var checks = Resource(name).Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key).ToHashSet();
        checks.ShouldNotBeEmpty();
        var report = await Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => checks.Contains(check.Name));
        return report.Status;
    }

    /// <summary>Publishes the events of a resource that starts, and writes a line to its log.</summary>
    public async Task LogAsync(string name, string line)
    {
        await _builder.Eventing.PublishAsync(new BeforeResourceStartedEvent(Resource(name), Services));
        await Services.GetRequiredService<ResourceNotificationService>().PublishUpdateAsync(
            Resource(name), snapshot => snapshot with { State = KnownResourceStates.Running });
        Services.GetRequiredService<ResourceLoggerService>().GetLogger(Resource(name)).LogInformation("{Line}", line);
    }

    public async ValueTask DisposeAsync()
    {
        Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _services.DisposeAsync();
        await _builder.DisposeAsync();
    }

    private static void Allocate(IResource resource, EndpointAnnotation endpoint, int inside, int onHost)
    {
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", onHost, targetPortExpression: $"{inside}");
        endpoint.AllAllocatedEndpoints.AddOrUpdateAllocatedEndpoint(
            KnownNetworkIdentifiers.DefaultAspireContainerNetwork,
            new AllocatedEndpoint(
                endpoint, $"{resource.Name}.dev.internal", inside, EndpointBindingMode.SingleAddress,
                networkId: KnownNetworkIdentifiers.DefaultAspireContainerNetwork));
    }
}
