using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace MilvusTracing.Tests.AppHost;

public sealed class EndToEndTests
{
    /// <summary>Images may have to be pulled first.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [ContainerFact]
    public async Task One_pass_stands_as_one_joined_trace_in_Jaeger_and_in_the_dashboard()
    {
        using var timeout = new CancellationTokenSource(Limit);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.MilvusTracing_AppHost>(
            ["ConnectionStrings:milvus=", "DOTNET_LAUNCH_PROFILE=http"],
            (options, _) => options.DisableDashboard = false,
            timeout.Token);
        var worker = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single()).WithEnvironment("Worker__Passes", "1");
        await using var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);

        await app.ResourceNotifications.WaitForResourceHealthyAsync("jaeger", timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("milvus", timeout.Token);
        var ended = await app.ResourceNotifications.WaitForResourceAsync(
            worker.Resource.Name, state => KnownResourceStates.TerminalStates.Contains(state.Snapshot.State?.Text), timeout.Token);
        ended.Snapshot.ExitCode.ShouldBe(0);

        var result = await app.ResourceCommands.ExecuteCommandAsync(worker.Resource, "verify-last-trace", timeout.Token);

        result.Success.ShouldBeTrue($"{result.Message}\n{result.Data?.Value}");
        var spans = Regex.Match(result.Message.ShouldNotBeNull(), @"^joined: .* (\d+) spans .*; dashboard (\d+) of \1$");
        spans.Success.ShouldBeTrue(result.Message);
        spans.Groups[2].Value.ShouldBe(spans.Groups[1].Value);
    }
}
