using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Tests.Hosting;

namespace MilvusTracing.Tests.AppHost;

public sealed class ClientsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("python", "python-client")]
    [InlineData("Node, java", "node-client", "java-client")]
    [InlineData("go python go", "go-client", "python-client")]
    public async Task A_setting_selects_the_clients(string setting, params string[] expected)
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Clients"] = setting });

        model.Resources.OfType<ExecutableResource>().Select(resource => resource.Name).Where(name => name.EndsWith("-client")).ShouldBe(expected);
    }

    [Fact]
    public async Task A_client_starts_after_its_installers_which_run_in_order()
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Clients"] = "python" });

        CompletesBefore(model, "python-client").ShouldBe(["python-client-venv", "python-client-packages"]);
        CompletesBefore(model, "python-client-packages").ShouldBe(["python-client-venv"]);
        CompletesBefore(model, "python-client-venv").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_of_jars_replaces_Maven()
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Clients"] = "java", ["Clients:JavaLibraries"] = "/libraries" });

        (await model.ConfigurationOfAsync("java-client")).Args.ShouldContain($"-javaagent:{Path.Combine("/libraries", "agent", "agent.jar")}");
        ((ExecutableResource)model.Resource("java-client-classes")).Command.ShouldBe("javac");
    }

    private static IEnumerable<string> CompletesBefore(AppHostModel model, string resource) => model.Resource(resource).Annotations
        .OfType<WaitAnnotation>()
        .Where(wait => wait.WaitType == WaitType.WaitForCompletion)
        .Select(wait => wait.Resource.Name);
}
