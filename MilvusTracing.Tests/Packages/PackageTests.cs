using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using MilvusTracing.Tests.Instrumentation;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Packages;

/// <summary>The NuGet packages, as a user installs them.</summary>
public sealed class PackageTests(PackedFeed feed) : IClassFixture<PackedFeed>
{
    private static readonly string Program =
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

    [Fact]
    public void The_solution_packs_the_three_libraries_and_the_tool() => feed.Ids.ShouldBe(
        ["MilvusTracing.Cli", "MilvusTracing.Hosting", "MilvusTracing.Instrumentation", "MilvusTracing.Verification"]);

    [Theory]
    [InlineData("MilvusTracing.Hosting")]
    [InlineData("MilvusTracing.Instrumentation")]
    [InlineData("MilvusTracing.Verification")]
    [InlineData("MilvusTracing.Cli")]
    public void Each_package_has_its_metadata_and_readme(string id)
    {
        using var package = ZipFile.OpenRead(feed.FileOf(id));
        var metadata = Metadata(package, id);

        Value(metadata, "description").ShouldContain("Milvus");
        Value(metadata, "authors").ShouldBe("MilvusTracing contributors");
        Value(metadata, "tags").ShouldContain("milvus");
        Value(metadata, "license").ShouldBe("MIT");
        Child(metadata, "license").Attribute("type")!.Value.ShouldBe("expression");
        Child(metadata, "repository").Attribute("type")!.Value.ShouldBe("git");
        Child(metadata, "repository").Attribute("url")!.Value.ShouldBe(PackedFeed.Repository);
        using var readme = new StreamReader(package.GetEntry(Value(metadata, "readme")).ShouldNotBeNull().Open());
        readme.ReadToEnd().ShouldStartWith($"# {id}");
    }

    [Theory]
    [InlineData(
        "MilvusTracing.Hosting",
        "Aspire.Hosting", "Aspire.Hosting.Milvus", "Google.Protobuf", "Grpc.HealthCheck", "Grpc.Net.Client", "MilvusTracing.Verification")]
    [InlineData("MilvusTracing.Instrumentation", "Microsoft.Extensions.Options", "OpenTelemetry.Api.ProviderBuilderExtensions")]
    [InlineData("MilvusTracing.Verification")]
    public void A_library_contains_its_assembly_with_documentation_and_declares_its_dependencies(string id, params string[] dependencies)
    {
        using var package = ZipFile.OpenRead(feed.FileOf(id));

        var frameworks = id == "MilvusTracing.Instrumentation" ? ["net10.0", "net8.0"] : (string[])["net10.0"];
        package.Entries.Select(entry => entry.FullName).Where(path => path.StartsWith("lib/")).Order()
            .ShouldBe(frameworks.SelectMany(framework => new[] { $"lib/{framework}/{id}.dll", $"lib/{framework}/{id}.xml" }));
        Metadata(package, id).Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(dependency => dependency.Attribute("id")!.Value).Distinct().Order()
            .ShouldBe(dependencies);
    }

    [Fact]
    public async Task The_tool_installs_from_a_feed_and_prints_its_help()
    {
        var tools = feed.Subfolder("tools");
        var settings = Path.Combine(feed.Folder, "nuget.config");
        File.WriteAllText(
            settings, $"""<configuration><packageSources><clear /><add key="feed" value="{feed.Folder}" /></packageSources></configuration>""");

        await ChildProcess.RunAsync(
            "dotnet", "tool", "install", "MilvusTracing.Cli", "--tool-path", tools, "--version", PackedFeed.Version, "--configfile", settings);

        var tool = await ChildProcess.RunAsync(Path.Combine(tools, "milvus-trace"), "--help");
        tool.Output.ShouldContain("--jaeger");
    }

    [Fact]
    public async Task An_application_with_the_instrumentation_from_a_feed_has_database_spans()
    {
        var application = feed.Subfolder("application");
        File.WriteAllText(Path.Combine(application, "Program.cs"), Program);
        File.WriteAllText(Path.Combine(application, "application.csproj"), Project());
        // A packages folder of its own: NuGet would keep the test packages in the user's.
        await ChildProcess.RunAsync(
            "dotnet", "build", application, "-p:RunAnalyzers=false", $"-p:RestoreAdditionalProjectSources={feed.Folder}",
            $"-p:RestorePackagesPath={feed.Subfolder("cache")}", "--disable-build-servers", "-nodeReuse:false");

        await using var milvus = await FakeMilvus.StartAsync();
        var assembly = Path.Combine(application, "bin", "Debug", "net10.0", "application.dll");
        var run = await ChildProcess.RunAsync("dotnet", assembly, milvus.Address.ToString());
        run.Output.ShouldBe("span 'search books' of milvus");
    }

    private static XElement Metadata(ZipArchive package, string id)
    {
        using var nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single();
    }

    private static XElement Child(XElement metadata, string name) => metadata.Elements().Single(element => element.Name.LocalName == name);

    private static string Value(XElement metadata, string name) => Child(metadata, name).Value;

    /// <summary>A project with the package versions of this repository.</summary>
    private static string Project()
    {
        var inMemory = VersionOf(typeof(OpenTelemetry.Exporter.InMemoryExporter<>));
        var instrumentation = VersionOf(typeof(OpenTelemetry.Instrumentation.GrpcNetClient.GrpcClientTraceInstrumentationOptions));
        return $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="MilvusTracing.Instrumentation" Version="{PackedFeed.Version}" />
                <PackageReference Include="Grpc.Net.Client" Version="{VersionOf(typeof(Grpc.Net.Client.GrpcChannel))}" />
                <PackageReference Include="OpenTelemetry.Exporter.InMemory" Version="{inMemory}" />
                <PackageReference Include="OpenTelemetry.Instrumentation.GrpcNetClient" Version="{instrumentation}" />
              </ItemGroup>
            </Project>
            """;

        static string VersionOf(Type type) => FileVersionInfo.GetVersionInfo(type.Assembly.Location).ProductVersion!.Split('+')[0];
    }
}
