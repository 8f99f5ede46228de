using System.IO.Compression;
using System.Xml.Linq;
using MilvusTracing.Tests.Instrumentation;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Packages;

/// <summary>The NuGet packages, as a user installs them.</summary>
public sealed class PackageTests(PackedFeed feed) : IClassFixture<PackedFeed>
{
    private const string Program =
        """
        using System.Diagnostics;
        using Grpc.Core;
        using Grpc.Net.Client;
        using OpenTelemetry;
        using OpenTelemetry.Trace;

        var spans = new List<Activity>();
        using (Sdk.CreateTracerProviderBuilder()
            .AddGrpcClientInstrumentation()
            .AddMilvusClientInstrumentation()
            .AddInMemoryExporter(spans)
            .Build())
        {
            // A search as Milvus.Client sends it: field 3 of the request is the collection.
            var bytes = Marshallers.Create<byte[]>(message => message, message => message);
            using var channel = GrpcChannel.ForAddress(args[0]);
            await channel.CreateCallInvoker().AsyncUnaryCall(
                new Method<byte[], byte[]>(MethodType.Unary, "milvus.proto.milvus.MilvusService", "Search", bytes, bytes),
                null, default, [0x1A, 5, .. "books"u8]);
        }

        foreach (var span in spans) Console.WriteLine($"span '{span.DisplayName}' of {span.GetTagItem("db.system.name")}");
        """;

    /// <summary>A project with the package versions of this repository.</summary>
    private const string Project =
        $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <PackageVersion Include="MilvusTracing.Instrumentation" Version="{PackedFeed.Version}" />
            <PackageReference Include="MilvusTracing.Instrumentation" />
            <PackageReference Include="Grpc.Net.Client" />
            <PackageReference Include="OpenTelemetry.Exporter.InMemory" />
            <PackageReference Include="OpenTelemetry.Instrumentation.GrpcNetClient" />
          </ItemGroup>
        </Project>
        """;

    [Fact]
    public void The_solution_packs_the_libraries_and_the_tools_with_metadata_readme_changelog_icon_and_symbols()
    {
        feed.Ids.ShouldBe(["MilvusTracing.Cli", "MilvusTracing.Emulator", "MilvusTracing.Hosting", "MilvusTracing.Instrumentation", "MilvusTracing.Verification"]);
        foreach (var id in feed.Ids)
        {
            using var package = ZipFile.OpenRead(feed.FileOf(id));
            var metadata = Metadata(package, id).ToDictionary(element => element.Name.LocalName);

            metadata["description"].Value.ShouldContain("Milvus");
            metadata["authors"].Value.ShouldBe("MilvusTracing contributors");
            metadata["tags"].Value.ShouldContain("milvus");
            metadata["license"].Value.ShouldBe("MIT");
            metadata["license"].Attribute("type")!.Value.ShouldBe("expression");
            metadata["repository"].Attribute("type")!.Value.ShouldBe("git");
            metadata["repository"].Attribute("url")!.Value.ShouldBe(PackedFeed.Repository);
            package.GetEntry(metadata["icon"].Value).ShouldNotBeNull();
            package.GetEntry("CHANGELOG.md").ShouldNotBeNull();
            File.Exists(Path.ChangeExtension(feed.FileOf(id), ".snupkg")).ShouldBeTrue();
            using var reader = new StreamReader(package.GetEntry(metadata["readme"].Value).ShouldNotBeNull().Open());
            var readme = reader.ReadToEnd();
            readme.ShouldStartWith($"# {id}");
            foreach (var part in new[] { "- Stability: ", $"- Frameworks: {Frameworks(package)}.", "## Install", "## Traces", "## Advanced" })
            {
                readme.ShouldContain(part, customMessage: id);
            }
        }
    }

    [Fact]
    public async Task A_package_with_stand_ins_is_refused()
    {
        var project = Path.Combine(BuiltProject.Root, "src", "MilvusTracing.Hosting");
        await using var pack = ChildProcess.Start(
            "dotnet", ["pack", project, "--no-build", "-c", BuiltProject.Configuration, "-o", feed.Subfolder("refused"), "-p:UseStandIns=true", "-nodeReuse:false"]);

        (await pack.WaitForExitAsync()).ShouldNotBe(0);

        pack.Output.ShouldContain("stand-ins for Aspire.Hosting.Milvus");
        Directory.GetFiles(feed.Subfolder("refused")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(
        "MilvusTracing.Hosting",
        "Aspire.Hosting", "Aspire.Hosting.Milvus", "Google.Protobuf", "Grpc.HealthCheck", "Grpc.Net.Client", "MilvusTracing.Verification",
        "YamlDotNet")]
    [InlineData("MilvusTracing.Instrumentation", "Microsoft.Extensions.Options", "OpenTelemetry.Api.ProviderBuilderExtensions")]
    [InlineData("MilvusTracing.Verification", "System.Text.Json")]
    public void A_library_contains_its_assembly_with_documentation_and_declares_its_dependencies(string id, params string[] dependencies)
    {
        using var package = ZipFile.OpenRead(feed.FileOf(id));

        package.Entries.Select(entry => entry.FullName).Where(path => path.StartsWith("lib/"))
            .ShouldBe([$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml", $"lib/net8.0/{id}.dll", $"lib/net8.0/{id}.xml"], ignoreOrder: true);
        Metadata(package, id).Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(dependency => dependency.Attribute("id")!.Value).Distinct().Order()
            .ShouldBe(dependencies);
    }

    [Fact]
    public async Task The_tool_installs_from_a_feed_and_prints_its_help()
    {
        var tools = feed.Subfolder("tools");

        await ChildProcess.RunAsync(
            "dotnet", "tool", "install", "MilvusTracing.Cli", "--tool-path", tools, "--version", PackedFeed.Version, "--source", feed.Folder);

        var tool = await ChildProcess.RunAsync(Path.Combine(tools, "milvus-trace"), "--help");
        tool.Output.ShouldContain("--jaeger");
    }

    /// <summary>With the command of <c>RunAsEmulator()</c>.</summary>
    [Fact]
    public async Task The_emulator_runs_from_a_feed_without_an_installation()
    {
        await using var emulator = ChildProcess.Start(
            "dotnet",
            ["tool", "exec", "MilvusTracing.Emulator", "--version", PackedFeed.Version, "--yes", "--source", feed.Folder],
            new Dictionary<string, string?> { ["PROXY_PORT"] = "0", ["NUGET_PACKAGES"] = feed.Subfolder("emulator-cache") });

        await emulator.WaitForLineAsync("Milvus emulator is ready");
        emulator.ErrorOutput.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_application_with_the_instrumentation_from_a_feed_has_database_spans()
    {
        var application = feed.Subfolder("application");
        File.WriteAllText(Path.Combine(application, "Program.cs"), Program);
        File.WriteAllText(Path.Combine(application, "application.csproj"), Project);
        File.Copy(Path.Combine(BuiltProject.Root, "Directory.Packages.props"), Path.Combine(application, "Directory.Packages.props"));
        // A packages folder of its own: NuGet would keep the test packages in the user's.
        await ChildProcess.RunAsync(
            "dotnet", "build", application, "-p:RunAnalyzers=false", $"-p:RestoreAdditionalProjectSources={feed.Folder}",
            $"-p:RestorePackagesPath={feed.Subfolder("cache")}", "--disable-build-servers", "-nodeReuse:false");

        await using var milvus = await FakeMilvus.StartAsync();
        var assembly = Path.Combine(application, "bin", "Debug", "net10.0", "application.dll");
        var run = await ChildProcess.RunAsync("dotnet", assembly, milvus.Address.ToString());
        run.Output.ShouldBe("span 'search books' of milvus");
    }

    /// <summary>The frameworks of the assemblies in a package: <c>net8.0 and net10.0</c>.</summary>
    private static string Frameworks(ZipArchive package) => string.Join(" and ", package.Entries
        .Select(entry => entry.FullName.Split('/'))
        .Where(path => path[0] is "lib" or "tools" && path.Length > 2)
        .Select(path => path[1])
        .Distinct()
        .OrderBy(framework => Version.Parse(framework.AsSpan("net".Length))));

    private static IEnumerable<XElement> Metadata(ZipArchive package, string id)
    {
        using var nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single().Elements();
    }
}
