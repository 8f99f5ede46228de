using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

/// <summary>Runs the example clients in <c>clients/</c>. One collection, because the applications share the folders of their packages.</summary>
public static partial class ClientTests
{
    /// <summary>The clients that can run on this machine.</summary>
    private static string Clients => string.Join(',',
        new[] { ("python", Capability.Python), ("node", Capability.Npm), ("java", Capability.Java), ("go", Capability.Go) }
            .Where(client => Capability.WhyMissing(client.Item2) is null).Select(client => client.Item1));

    [Collection(RunningAppHost.OneAtATime)]
    public sealed class WithTheEmulator(Emulator application) : IClassFixture<Emulator>
    {
        [RequiresFact(Capability.Python)]
        public async Task Pythons_trace_joins() => await VerifyAsync(await application.StartedAsync(), "python-client", Joined());

        [RequiresFact(Capability.Java)]
        public async Task Javas_trace_joins() => await VerifyAsync(await application.StartedAsync(), "java-client", Joined());

        [RequiresFact(Capability.Go)]
        public async Task Gos_trace_joins() => await VerifyAsync(await application.StartedAsync(), "go-client", Joined());

        [RequiresFact(Capability.Npm)]
        public async Task Nodes_trace_joins_and_that_of_a_second_run_too()
        {
            var running = await application.StartedAsync();
            var first = await VerifyAsync(running, "node-client", Joined());

            await running.StartAsync("node-client");

            (await VerifyAsync(running, "node-client", Joined())).ShouldNotBe(first);
        }
    }

    [Collection(RunningAppHost.OneAtATime)]
    public sealed class WithContainers
    {
        [RequiresFact(Capability.Containers, Capability.Python)]
        public async Task The_traces_of_all_clients_join_in_Jaeger_and_the_dashboard()
        {
            await using var running = await RunningAppHost.WithContainersAsync(clients: Clients);
            foreach (var client in Clients.Split(','))
            {
                await VerifyAsync(running, $"{client}-client", JoinedInBoth());
            }
        }
    }

    public sealed class Emulator : RunningAppHost.Fixture
    {
        protected override Task<RunningAppHost> StartAsync() => RunningAppHost.WithEmulatorAsync(clients: Clients);
    }

    /// <returns>The trace id.</returns>
    private static async Task<string> VerifyAsync(RunningAppHost running, string client, Regex verdict)
    {
        var output = await running.CompletedAsync(client);
        var trace = output.Select(line => TraceLine().Match(line)).Single(match => match.Success).Groups["id"].Value;
        output.ShouldContain(line => line.Contains("nearest: row 3, row 9, row 8"));
        output.ShouldContain(line => line.Contains("queried: 2, 4"));

        var result = await running.VerifyLastTraceAsync(client);

        result.Success.ShouldBeTrue($"{result.Message}\n{string.Join('\n', output)}\n{result.Data?.Value}");
        result.Data.ShouldNotBeNull().Value.ShouldContain(trace);
        verdict.IsMatch(result.Message.ShouldNotBeNull()).ShouldBeTrue(result.Message);
        result.Message.ShouldContain("segcore");
        return trace;
    }

    [GeneratedRegex("trace: (?<id>[0-9a-f]{32})$")]
    private static partial Regex TraceLine();

    /// <summary>All calls are joined.</summary>
    [GeneratedRegex(@"^joined: (\d+) of \1 client calls, 1 root, 0 orphans, ")]
    private static partial Regex Joined();

    /// <summary>All calls are joined, and the dashboard has as many spans as Jaeger.</summary>
    [GeneratedRegex(@"^joined: (?<calls>\d+) of \k<calls> client calls, 1 root, 0 orphans, (?<spans>\d+) spans .*; dashboard \k<spans> of \k<spans>$")]
    private static partial Regex JoinedInBoth();
}
