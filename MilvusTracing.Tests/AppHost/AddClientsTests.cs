using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Tests.Hosting;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

public sealed class AddClientsTests : IDisposable
{
    private readonly DirectoryInfo _programs = Directory.CreateTempSubdirectory();

    [Theory]
    [InlineData("python3", "python-client")]
    [InlineData("node npm", "node-client")]
    [InlineData("java mvn", "java-client")]
    [InlineData("go", "go-client")]
    public async Task A_language_that_is_installed_is_listed_to_be_started_by_hand(string programs, string client)
    {
        await using var model = await BuildAsync(programs);

        Clients(model).ShouldBe([client]);
        var installers = model.Resources.Where(resource => resource.Name.StartsWith($"{client}-")).ToList();
        installers.ShouldNotBeEmpty();
        installers.Append(model.Resource(client)).ShouldAllBe(resource => resource.HasAnnotationOfType<ExplicitStartupAnnotation>());
    }

    [Theory]
    [InlineData("")]
    [InlineData("node")]
    [InlineData("npm")]
    [InlineData("java")]
    [InlineData("javac mvn")]
    public async Task A_language_that_is_not_installed_whole_is_not_listed(string programs)
    {
        await using var model = await BuildAsync(programs);

        Clients(model).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_client_starts_after_its_packages_and_these_after_what_holds_them()
    {
        await using var model = await BuildAsync("python3");

        CompletionsBefore(model, "python-client").ShouldBe(["python-client-venv", "python-client-packages"]);
        CompletionsBefore(model, "python-client-packages").ShouldBe(["python-client-venv"]);
        CompletionsBefore(model, "python-client-venv").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_of_libraries_makes_Maven_unnecessary()
    {
        await using var model = await BuildAsync("java javac", new() { ["Clients:JavaLibraries"] = "/libraries" });

        (await model.ConfigurationOfAsync("java-client")).Args.ShouldContain($"-javaagent:{Path.Combine("/libraries", "agent.jar")}");
        ((ExecutableResource)model.Resource("java-client-classes")).Command.ShouldBe("javac");
    }

    private async Task<AppHostModel> BuildAsync(string programs, Dictionary<string, string>? settings = null)
    {
        foreach (var program in programs.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Programs.WriteScript(Path.Combine(_programs.FullName, program), "exit 0");
        }

        return await AppHostModel.BuildAsync(new(settings ?? []) { ["PATH"] = _programs.FullName, ["Clients:JavaLibraries"] = settings?["Clients:JavaLibraries"] ?? "" });
    }

    private static IEnumerable<string> Clients(AppHostModel model) => model.Resources.OfType<ExecutableResource>()
        .Where(resource => resource.Name.EndsWith("-client"))
        .Select(resource => resource.Name);

    private static IEnumerable<string> CompletionsBefore(AppHostModel model, string resource) => model.Resource(resource).Annotations
        .OfType<WaitAnnotation>()
        .Where(wait => wait.WaitType == WaitType.WaitForCompletion)
        .Select(wait => wait.Resource.Name);

    public void Dispose() => _programs.Delete(recursive: true);
}
