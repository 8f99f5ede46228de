using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The programs in <c>clients/</c>, started by their play buttons. One collection: they share folders of packages.</summary>
public static partial class ClientTests
{
    [Collection(RunningAppHost.OneAtATime)]
    public sealed class WithTheEmulator(Emulator application) : IClassFixture<Emulator>
    {
        [RequiresFact(Capability.Python)]
        public Task Pythons_trace_joins() => TraceJoinsAsync(application, "python-client");

        [RequiresFact(Capability.Npm)]
        public Task Nodejss_trace_joins() => TraceJoinsAsync(application, "node-client");

        [RequiresFact(Capability.Java)]
        public Task Javas_trace_joins() => TraceJoinsAsync(application, "java-client");

        [RequiresFact(Capability.Npm)]
        public async Task A_client_can_be_played_again()
        {
            var running = await application.StartedAsync();
            var first = TraceId(await running.PlayAsync("node-client"));

            TraceId(await running.PlayAsync("node-client")).ShouldNotBe(first);
        }
    }

    [Collection(RunningAppHost.OneAtATime)]
    public sealed class WithContainers(Containers application) : IClassFixture<Containers>
    {
        [RequiresFact(Capability.Containers, Capability.Python)]
        public Task Pythons_trace_joins_alike_in_Jaeger_and_the_dashboard() => TraceJoinsAsync(application, "python-client");

        [RequiresFact(Capability.Containers, Capability.Npm)]
        public Task Nodejss_trace_joins_alike_in_Jaeger_and_the_dashboard() => TraceJoinsAsync(application, "node-client");

        [RequiresFact(Capability.Containers, Capability.Java)]
        public Task Javas_trace_joins_alike_in_Jaeger_and_the_dashboard() => TraceJoinsAsync(application, "java-client");
    }

    private static async Task TraceJoinsAsync(Application application, string client)
    {
        var running = await application.StartedAsync();

        var output = await running.PlayAsync(client);

        output.ShouldContain(line => line.Contains("nearest: row 3, row 9, row 8"));
        output.ShouldContain(line => line.Contains("queried: 2, 4"));
        var verdict = await running.VerifyLastTraceAsync(client);
        verdict.Success.ShouldBeTrue($"{verdict.Message}\n{verdict.Data?.Value}");
        verdict.Data.ShouldNotBeNull().Value.ShouldContain(TraceId(output));
        var joined = application.Verdict.Match(verdict.Message.ShouldNotBeNull());
        joined.Success.ShouldBeTrue(verdict.Message);
        verdict.Message.ShouldContain("segcore");
    }

    private static string TraceId(IEnumerable<string> output) =>
        output.Select(line => TraceLine().Match(line)).Single(match => match.Success).Groups["id"].Value;

    [GeneratedRegex("trace: (?<id>[0-9a-f]{32})$")]
    private static partial Regex TraceLine();

    /// <summary>Every call is joined.</summary>
    [GeneratedRegex(@"^joined: (\d+) of \1 client calls, 1 root, 0 orphans, ")]
    private static partial Regex Joined();

    /// <summary>Every call is joined, and the dashboard has as many spans as Jaeger.</summary>
    [GeneratedRegex(@"^joined: (?<calls>\d+) of \k<calls> client calls, 1 root, 0 orphans, (?<spans>\d+) spans .*; dashboard \k<spans> of \k<spans>$")]
    private static partial Regex JoinedAlike();

    /// <summary>Started by the first test that is not skipped.</summary>
    public abstract class Application : IAsyncLifetime
    {
        private RunningAppHost? _running;

        /// <summary>The verdict on a good trace.</summary>
        public abstract Regex Verdict { get; }

        internal async Task<RunningAppHost> StartedAsync() => _running ??= await StartAsync();

        private protected abstract Task<RunningAppHost> StartAsync();

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_running is not null)
            {
                await _running.DisposeAsync();
            }
        }
    }

    public sealed class Emulator : Application
    {
        public override Regex Verdict => Joined();

        private protected override Task<RunningAppHost> StartAsync() => RunningAppHost.WithEmulatorAsync();
    }

    public sealed class Containers : Application
    {
        public override Regex Verdict => JoinedAlike();

        private protected override Task<RunningAppHost> StartAsync() => RunningAppHost.WithContainersAsync();
    }
}
