using System.Collections;
using System.Security.Cryptography;
using MilvusTracing.Local.Processes;
using MilvusTracing.Local.Settings;
using MilvusTracing.Local.Terminal;
using MilvusTracing.Verifier.Backends;

namespace MilvusTracing.Local.Dashboard;

/// <summary>The Aspire dashboard as a process: on loopback, its pages behind a token, its OTLP ports and API behind a key.</summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    /// <summary>Aspire's usual ports: pages, OTLP/gRPC, OTLP/HTTP.</summary>
    private static readonly int[] UsualPorts = [18888, 18889, 18890];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ChildProcess _process;
    private readonly string _browserToken;
    private readonly string _key;

    private DashboardServer(ChildProcess process, int[] ports, string browserToken, string key)
    {
        _process = process;
        _browserToken = browserToken;
        _key = key;
        Pages = Address(ports[0]);
        OtlpGrpc = new OtlpDestination(Address(ports[1]), key);
        OtlpHttp = new OtlpDestination(Address(ports[2]), key);
    }

    public Uri Pages { get; }

    public OtlpDestination OtlpGrpc { get; }

    public OtlpDestination OtlpHttp { get; }

    /// <summary>The address that logs a browser in.</summary>
    public Uri LoginPage => new(Pages, $"login?t={_browserToken}");

    /// <summary>Completes when the dashboard has ended by itself.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>Starts a dashboard, on Aspire's usual ports where they are free.</summary>
    /// <exception cref="DashboardUnavailableException">It did not start.</exception>
    public static async Task<DashboardServer> StartAsync(AspireCli aspire, Screen screen, CancellationToken cancellationToken)
    {
        // Ports that were free may be taken by now: then others are tried.
        for (var ports = Ports.FreeOr(UsualPorts); ; ports = Ports.Free(UsualPorts.Length))
        {
            var dashboard = Launch(aspire, ports);
            try
            {
                await screen.WaitAsync($"Starting the Aspire dashboard {aspire.Version}", () => dashboard.WaitUntilUpAsync(cancellationToken));
                return dashboard;
            }
            catch (DashboardUnavailableException) when (dashboard.Exited.IsCompleted && ports.Any(port => !Ports.IsFree(port)))
            {
                await dashboard.DisposeAsync();
            }
            catch
            {
                await dashboard.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Where a trace is shown; the first link to be opened has to log the browser in.</summary>
    public Uri TracePage(string traceId, bool login) => login
        ? new Uri($"{LoginPage}&returnUrl={Uri.EscapeDataString($"/traces/detail/{traceId}")}")
        : new Uri(Pages, $"traces/detail/{traceId}");

    public DashboardBackend OpenBackend() => new(Pages, _key);

    public string Epitaph() => _process.Epitaph();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static DashboardServer Launch(AspireCli aspire, int[] ports)
    {
        var (browserToken, key) = (NewSecret(), NewSecret());

        // Whatever the user has set for dashboards of their own would otherwise win over the arguments.
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(entry => (string)entry.Key)
            .Where(name => name.StartsWith("ASPIRE_DASHBOARD", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("DASHBOARD__", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(name => name, _ => (string?)null);

        // Secrets travel by environment: arguments can be read by every user of the machine.
        environment["DASHBOARD__APPLICATIONNAME"] = "MilvusTracing";
        environment["DASHBOARD__FRONTEND__AUTHMODE"] = "BrowserToken";
        environment["DASHBOARD__FRONTEND__BROWSERTOKEN"] = browserToken;
        environment["DASHBOARD__OTLP__AUTHMODE"] = "ApiKey";
        environment["DASHBOARD__OTLP__PRIMARYAPIKEY"] = key;
        environment["DASHBOARD__API__AUTHMODE"] = "ApiKey";
        environment["DASHBOARD__API__PRIMARYAPIKEY"] = key;
        environment["NO_COLOR"] = "1";

        // Nobody has been asked whether usage data may be sent.
        environment["ASPIRE_CLI_TELEMETRY_OPTOUT"] = Environment.GetEnvironmentVariable("ASPIRE_CLI_TELEMETRY_OPTOUT") ?? "true";
        if (aspire.Home is not null)
        {
            environment["ASPIRE_HOME"] = aspire.Home;
        }

        var process = ChildProcess.Start(
            "the dashboard", aspire.Path,
            ["dashboard", "run", "--nologo", "--non-interactive",
             "--frontend-url", $"{Address(ports[0])}", "--otlp-grpc-url", $"{Address(ports[1])}", "--otlp-http-url", $"{Address(ports[2])}"],
            environment);
        return new DashboardServer(process, ports, browserToken, key);
    }

    private async Task WaitUntilUpAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        using var backend = OpenBackend();
        try
        {
            while (true)
            {
                try
                {
                    // The key is this dashboard's own: another one on the same port would refuse it.
                    await backend.GetServicesAsync(limit.Token);
                    return;
                }
                catch (BackendException)
                {
                    if (await Task.WhenAny(Exited, Task.Delay(Pause, limit.Token)) == Exited)
                    {
                        throw new DashboardUnavailableException(Epitaph());
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DashboardUnavailableException($"it did not answer on {Pages} within {StartLimit.TotalSeconds} s. Its last lines:{_process.LastLines}");
        }
    }

    private static Uri Address(int port) => new($"http://127.0.0.1:{port}");

    private static string NewSecret() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
