using System.Data.Common;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The AppHost, started as a user starts it: with the real orchestrator, dashboard and worker.</summary>
public sealed partial class RunningAppHost : IAsyncDisposable
{
    /// <summary>The collection of all tests that start the AppHost, which is a dozen processes.</summary>
    public const string OneAtATime = "Running AppHost";

    private const string Worker = "milvus-client";

    /// <summary>Includes the time to pull images.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly DistributedApplication _app;

    private RunningAppHost(DistributedApplication app) => _app = app;

    /// <summary>The URL of the dashboard.</summary>
    public Uri Dashboard => new(_app.Services.GetRequiredService<DistributedApplicationModel>().DashboardEndpoint()!.Url);

    /// <param name="profile">The launch profile: http or https.</param>
    /// <param name="isSecured">Whether the dashboard requires its API keys and a login.</param>
    /// <param name="clients">The setting <c>Clients</c>.</param>
    /// <param name="workerInterval">The setting <c>Worker:Interval</c>.</param>
    public static Task<RunningAppHost> WithEmulatorAsync(
        string profile = "http", bool isSecured = false, string clients = "", string workerInterval = "5") => StartAsync(
        profile,
        isSecured,
        ["Milvus:Emulator=true", $"Clients={clients}"],
        workerInterval: workerInterval);

    /// <summary>The variables TESTS_MILVUS_IMAGE_TAG and TESTS_MILVUS_KEY select another image and its root password.</summary>
    /// <param name="change">Changes the application before it starts.</param>
    /// <param name="clients">The setting <c>Clients</c>.</param>
    public static Task<RunningAppHost> WithContainersAsync(
        Action<IDistributedApplicationTestingBuilder>? change = null, string clients = "") => StartAsync(
        "http",
        isSecured: false,
        [
            "Milvus:Emulator=",
            $"Clients={clients}",
            $"Milvus:ImageTag={Environment.GetEnvironmentVariable("TESTS_MILVUS_IMAGE_TAG")}",
            .. Environment.GetEnvironmentVariable("TESTS_MILVUS_KEY") is { } key ? [$"Parameters:milvus-key={key}"] : Array.Empty<string>(),
        ],
        change);

    private static async Task<RunningAppHost> StartAsync(
        string profile, bool isSecured, string[] settings, Action<IDistributedApplicationTestingBuilder>? change = null, string workerInterval = "5")
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.MilvusTracing_AppHost>(
            [
                .. LaunchProfile(profile),
                "ConnectionStrings:milvus=",
                "ASPIRE_SERVICE_STARTUP_WATCH_TIMEOUT=00:02:00",
                $"ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS={!isSecured}",
                .. settings,
            ],
            (options, _) => options.DisableDashboard = false);
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single()).WithEnvironment("Worker__Interval", workerInterval);
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

    /// <summary>The settings of a launch profile, as arguments: otherwise Aspire.Hosting.Testing overrides its URLs with http URLs.</summary>
    private static IEnumerable<string> LaunchProfile(string name)
    {
        var file = Path.Combine(BuiltProject.Root, "MilvusTracing.AppHost", "Properties", "launchSettings.json");
        var profile = JsonNode.Parse(File.ReadAllText(file))!["profiles"]![name]!;
        return
        [
            $"DOTNET_LAUNCH_PROFILE={name}",
            $"ASPNETCORE_URLS={profile["applicationUrl"]}",
            "ASPIRE_ALLOW_UNSECURED_TRANSPORT=false",
            .. profile["environmentVariables"]!.AsObject().Select(variable => $"{variable.Key}={variable.Value}"),
        ];
    }

    /// <summary>Waits until the worker has completed a pass after this call.</summary>
    /// <returns>The trace id of the pass.</returns>
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

    /// <summary>Waits until a resource that runs once has succeeded.</summary>
    /// <returns>The lines of its log.</returns>
    public async Task<IReadOnlyList<string>> CompletedAsync(string resource)
    {
        var ended = await _app.ResourceNotifications.WaitForResourceAsync(
            resource, state => KnownResourceStates.TerminalStates.Contains(state.Snapshot.State?.Text), _limit.Token);

        var log = _app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(ended.ResourceId);
        var lines = await log.SelectMany(batch => batch).Select(line => line.Content).ToListAsync(_limit.Token);
        ended.Snapshot.ExitCode.ShouldBe(0, string.Join('\n', lines));
        return lines;
    }

    /// <summary>Starts a resource.</summary>
    public async Task StartAsync(string resource) => (await CommandAsync(resource, KnownResourceCommands.StartCommand)).Success.ShouldBeTrue();

    /// <summary>Stops a resource.</summary>
    public async Task StopAsync(string resource) => (await CommandAsync(resource, KnownResourceCommands.StopCommand)).Success.ShouldBeTrue();

    /// <summary>The connection string of Milvus, and its endpoint for metrics.</summary>
    public async Task<(DbConnectionStringBuilder Connection, Uri Metrics)> MilvusAsync() => (
        new() { ConnectionString = await _app.GetConnectionStringAsync("milvus") }, new(_app.GetEndpoint("milvus", "metrics"), "metrics"));

    /// <summary>Restarts a resource and waits until it is healthy again.</summary>
    public async Task RestartAsync(string resource)
    {
        (await CommandAsync(resource, KnownResourceCommands.RestartCommand)).Success.ShouldBeTrue();
        await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, _limit.Token);
    }

    /// <summary>Runs the command "Verify the last trace".</summary>
    public Task<ExecuteCommandResult> VerifyLastTraceAsync(string resource = Worker) => CommandAsync(resource, "verify-last-trace");

    /// <summary>Runs the command "Explain the slowest search" of the worker.</summary>
    public Task<ExecuteCommandResult> ExplainSlowestSearchAsync() => CommandAsync(Worker, "explain-slowest-search");

    /// <summary>Asserts that Milvus's log of a pass is in the pass's trace in the dashboard, once.</summary>
    public async Task LogShouldBeInTraceAsync(string trace)
    {
        IReadOnlyList<JsonNode> records = [];
        await Timeouts.PollAsync(async () => (records = await LogsAsync($"traceId={trace}")).Count > 0, () => $"Trace {trace} has no log.");

        records.ShouldAllBe(record => (string?)record["traceId"] == trace && record["spanId"] == null && (int)record["severityNumber"]! >= 5);
        records.ShouldAllBe(record => Attribute(record, "code.file.path") != null && int.Parse(Attribute(record, "code.line.number")!) > 0);
        records.ShouldAllBe(record => Attribute(record, "traceID") == null);
        records.Select(record => $"{record["timeUnixNano"]} {record["body"]} {Attribute(record, "code.line.number")} {Attribute(record, "method")}")
            .ShouldBeUnique();
    }

    /// <summary>Returns Milvus's log records in the dashboard.</summary>
    /// <param name="filter">A query, such as <c>severity=warning</c>.</param>
    public async Task<IReadOnlyList<JsonNode>> LogsAsync(string filter)
    {
        using var client = new HttpClient { BaseAddress = Dashboard };
        var response = await client.GetFromJsonAsync<JsonObject>($"/api/telemetry/logs?resource=milvus&limit=10000&{filter}");
        return
        [
            .. from resource in response!["data"]!["resourceLogs"]!.AsArray()
               from scope in resource!["scopeLogs"]!.AsArray()
               from record in scope!["logRecords"]!.AsArray()
               select record,
        ];
    }

    /// <summary>Waits until a trace of the worker is complete and verifies it.</summary>
    public Task<VerificationReport> VerifyTraceAsync(string traceId) =>
        _app.VerifyTraceAsync(Worker, new TraceReference(traceId), cancellationToken: _limit.Token);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _limit.Dispose();
    }

    private static string? Attribute(JsonNode record, string key) =>
        (string?)record["attributes"]?.AsArray().FirstOrDefault(attribute => (string?)attribute!["key"] == key)?["value"]?["stringValue"];

    private Task<ExecuteCommandResult> CommandAsync(string resource, string command) =>
        _app.ResourceCommands.ExecuteCommandAsync(Resource(resource), command, _limit.Token);

    private IResource Resource(string name) =>
        _app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);

    [GeneratedRegex("quick_setup passed: .* trace (?<trace>[0-9a-f]{32})")]
    private static partial Regex PassedLine();

    /// <summary>A class fixture that starts the AppHost for the first test that runs.</summary>
    public abstract class Fixture : IAsyncLifetime
    {
        private RunningAppHost? _running;

        public async Task<RunningAppHost> StartedAsync() => _running ??= await StartAsync();

        public Task InitializeAsync() => Task.CompletedTask;

        public virtual async Task DisposeAsync()
        {
            if (_running is not null)
            {
                await _running.DisposeAsync();
            }
        }

        protected abstract Task<RunningAppHost> StartAsync();
    }
}
