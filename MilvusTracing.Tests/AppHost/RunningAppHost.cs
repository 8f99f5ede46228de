using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The AppHost as a user starts it: the real orchestrator, dashboard and worker, with Milvus in one of its ways.</summary>
internal sealed partial class RunningAppHost : IAsyncDisposable
{
    /// <summary>Images may have to be pulled first.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Each of them starts a dozen processes and, with containers, a Milvus.</summary>
    public const string OneAtATime = "Running AppHost";

    private const string Worker = "milvus-client";

    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly DistributedApplication _app;

    private RunningAppHost(DistributedApplication app) => _app = app;

    /// <summary>The address of the dashboard's pages, which let their user in.</summary>
    public Uri Dashboard => new(_app.Services.GetRequiredService<DistributedApplicationModel>().DashboardEndpoint()!.Url);

    public static Task<RunningAppHost> WithEmulatorAsync(Action<IDistributedApplicationTestingBuilder>? change = null) =>
        StartAsync(["Milvus:Emulator=true", "ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS=true"], change);

    /// <summary>TESTS_MILVUS_IMAGE_TAG and TESTS_MILVUS_KEY choose an image that is there, and the password that its root has.</summary>
    /// <param name="change">Changes the model before it starts.</param>
    /// <param name="isSecured">Whether the dashboard asks senders and users for their keys.</param>
    public static Task<RunningAppHost> WithContainersAsync(Action<IDistributedApplicationTestingBuilder>? change = null, bool isSecured = false) => StartAsync(
        [
            "Milvus:Emulator=",
            $"ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS={!isSecured}",
            $"Milvus:ImageTag={Environment.GetEnvironmentVariable("TESTS_MILVUS_IMAGE_TAG")}",
            .. Environment.GetEnvironmentVariable("TESTS_MILVUS_KEY") is { } key ? [$"Parameters:milvus-key={key}"] : Array.Empty<string>(),
        ],
        change);

    private static async Task<RunningAppHost> StartAsync(string[] settings, Action<IDistributedApplicationTestingBuilder>? change)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.MilvusTracing_AppHost>(
            ["ConnectionStrings:milvus=", "DOTNET_LAUNCH_PROFILE=http", "ASPIRE_SERVICE_STARTUP_WATCH_TIMEOUT=00:02:00", .. settings],
            (options, _) => options.DisableDashboard = false);
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single()).WithEnvironment("Worker__Interval", "5");
        builder.Services.AddLogging(logging => logging.AddFilter("MilvusTracing.AppHost.Resources", LogLevel.None));
        change?.Invoke(builder);
        var running = new RunningAppHost(await builder.BuildAsync());
        try
        {
            await running._app.StartAsync(running._limit.Token);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the worker logs, after this call, that a pass has passed.</summary>
    /// <returns>The pass's trace id.</returns>
    public async Task<string> NextPassAsync()
    {
        var since = DateTime.UtcNow;
        var logs = _app.Services.GetRequiredService<ResourceLoggerService>();
        await _app.ResourceNotifications.WaitForResourceAsync(Worker, KnownResourceStates.Running, _limit.Token);
        await foreach (var batch in logs.WatchAsync(Resource(Worker)).WithCancellation(_limit.Token))
        {
            foreach (var line in batch)
            {
                var passed = PassedLine().Match(line.Content);
                if (passed.Success && DateTime.Parse(line.Content.Split(' ')[0]).ToUniversalTime() > since)
                {
                    return passed.Groups["trace"].Value;
                }
            }
        }

        throw new InvalidOperationException("The worker's log ended.");
    }

    /// <summary>Runs the dashboard's command "Verify the last trace".</summary>
    public Task<ExecuteCommandResult> VerifyLastTraceAsync(string resource = Worker) => CommandAsync(resource, "verify-last-trace");

    /// <summary>Presses a resource's play button and waits until the program that it is has succeeded.</summary>
    /// <returns>What it has logged.</returns>
    public async Task<IReadOnlyList<string>> PlayAsync(string resource)
    {
        (await CommandAsync(resource, KnownResourceCommands.StartCommand)).Success.ShouldBeTrue();
        var ended = await _app.ResourceNotifications.WaitForResourceAsync(
            resource, state => KnownResourceStates.TerminalStates.Contains(state.Snapshot.State?.Text), _limit.Token);

        List<string> lines = [];
        await foreach (var batch in _app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(ended.ResourceId).WithCancellation(_limit.Token))
        {
            lines.AddRange(batch.Select(line => line.Content));
        }

        ended.Snapshot.ExitCode.ShouldBe(0, string.Join('\n', lines));
        return lines;
    }

    /// <summary>Runs the dashboard's command "Explain the slowest search".</summary>
    public Task<ExecuteCommandResult> ExplainSlowestSearchAsync() => CommandAsync(Worker, "explain-slowest-search");

    /// <summary>Waits until a trace of the worker is complete, and judges it.</summary>
    public Task<VerificationReport> VerifyTraceAsync(string traceId) => _app.VerifyTraceAsync(Worker, new TraceReference(traceId), cancellationToken: _limit.Token);

    /// <summary>Restarts a resource and waits until it is healthy again.</summary>
    public async Task RestartAsync(string resource)
    {
        (await CommandAsync(resource, KnownResourceCommands.RestartCommand)).Success.ShouldBeTrue();
        await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, _limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _limit.Dispose();
    }

    private Task<ExecuteCommandResult> CommandAsync(string resource, string command) =>
        _app.ResourceCommands.ExecuteCommandAsync(Resource(resource), command, _limit.Token);

    private IResource Resource(string name) =>
        _app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);

    [GeneratedRegex("quick_setup passed: .* trace (?<trace>[0-9a-f]{32})")]
    private static partial Regex PassedLine();
}
