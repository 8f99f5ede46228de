using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using MilvusTracing.Tests.Instrumentation;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Packages;

/// <summary>The packages as a user gets them.</summary>
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
            // As Milvus.Client calls it: a request in which field 3 is "books".
            var bytes = Marshallers.Create<byte[]>(message => message, message => message);
            using var channel = GrpcChannel.ForAddress(args[0]);
            await channel.CreateCallInvoker().AsyncUnaryCall(
                new Method<byte[], byte[]>(MethodType.Unary, "milvus.proto.milvus.MilvusService", "Search", bytes, bytes),
                null, default, [0x1A, 5, .. "books"u8]);
        }

        foreach (var span in spans) Console.WriteLine($"span '{span.DisplayName}' of {span.GetTagItem("db.system.name")}");
        """;

    [Fact]
    public void All_of_them_are_packed_and_nothing_else() => feed.Ids.ShouldBe(
        ["MilvusTracing.Cli", "MilvusTracing.Hosting", "MilvusTracing.Instrumentation", "MilvusTracing.Verification"]);

    [Theory]
    [InlineData("MilvusTracing.Hosting")]
    [InlineData("MilvusTracing.Instrumentation")]
    [InlineData("MilvusTracing.Verification")]
    [InlineData("MilvusTracing.Cli")]
    public void Each_says_what_it_is_and_where_it_comes_from(string id)
    {
        using var package = ZipFile.OpenRead(feed.FileOf(id));
        var metadata = Metadata(package, id);

        Value(metadata, "description").ShouldContain("Milvus");
        Value(metadata, "authors").ShouldBe("MilvusTracing contributors");
        Value(metadata, "tags").ShouldContain("milvus");
        (Value(metadata, "license"), (string?)Child(metadata, "license")!.Attribute("type")).ShouldBe(("MIT", "expression"));
        ((string?)Child(metadata, "repository")?.Attribute("type"), (string?)Child(metadata, "repository")?.Attribute("url")).ShouldBe(("git", PackedFeed.Repository));
        using var readme = new StreamReader(package.GetEntry(Value(metadata, "readme")).ShouldNotBeNull().Open());
        readme.ReadToEnd().ShouldStartWith($"# {id}");
    }

    [Theory]
    [InlineData("MilvusTracing.Hosting", "Aspire.Hosting Aspire.Hosting.Milvus Google.Protobuf Grpc.HealthCheck Grpc.Net.Client MilvusTracing.Verification")]
    [InlineData("MilvusTracing.Instrumentation", "Microsoft.Extensions.Options OpenTelemetry.Api.ProviderBuilderExtensions")]
    [InlineData("MilvusTracing.Verification", "")]
    public void A_library_holds_itself_with_its_documentation_and_names_what_it_needs(string id, string needs)
    {
        using var package = ZipFile.OpenRead(feed.FileOf(id));

        package.Entries.Select(entry => entry.FullName).Where(path => path.StartsWith("lib/")).Order().ShouldBe([$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"]);
        Metadata(package, id).Descendants().Where(element => element.Name.LocalName == "dependency").Select(dependency => (string?)dependency.Attribute("id")).Order()
            .ShouldBe(needs.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task The_tool_installs_from_a_feed_and_answers()
    {
        var tools = feed.Subfolder("tools");
        var settings = Path.Combine(feed.Folder, "nuget.config");
        File.WriteAllText(settings, $"""<configuration><packageSources><clear /><add key="feed" value="{feed.Folder}" /></packageSources></configuration>""");

        await PackedFeed.DotnetAsync(
            "tool", "install", "MilvusTracing.Cli", "--tool-path", tools, "--version", PackedFeed.Version, "--configfile", settings);

        await using var tool = ChildProcess.Start(Path.Combine(tools, "milvus-trace"), ["--help"]);
        (await tool.WaitForExitAsync()).ShouldBe(0, tool.Output);
        tool.Output.ShouldContain("--jaeger");
    }

    [Fact]
    public async Task A_small_application_takes_the_instrumentation_from_a_feed_and_has_named_spans()
    {
        var application = feed.Subfolder("application");
        File.WriteAllText(Path.Combine(application, "Program.cs"), Program);
        File.WriteAllText(Path.Combine(application, "application.csproj"), Project());
        // Its own packages folder: the user's would keep what this test made.
        await PackedFeed.DotnetAsync(
            "build", application, "-p:RunAnalyzers=false", $"-p:RestoreAdditionalProjectSources={feed.Folder}", $"-p:RestorePackagesPath={feed.Subfolder("cache")}",
            "--disable-build-servers", "-nodeReuse:false");

        await using var milvus = await FakeMilvus.StartAsync();
        await using var run = ChildProcess.Start("dotnet", [Path.Combine(application, "bin", "Debug", "net10.0", "application.dll"), milvus.Address.ToString()]);
        (await run.WaitForExitAsync()).ShouldBe(0, run.Output);
        run.Output.ShouldBe("span 'search books' of milvus");
    }

    private static XElement Metadata(ZipArchive package, string id)
    {
        using var nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single();
    }

    private static XElement? Child(XElement metadata, string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name);

    private static string Value(XElement metadata, string name) => Child(metadata, name).ShouldNotBeNull(name).Value;

    /// <summary>With the versions that this repository uses.</summary>
    private static string Project()
    {
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
                <PackageReference Include="OpenTelemetry.Exporter.InMemory" Version="{VersionOf(typeof(OpenTelemetry.Exporter.InMemoryExporter<>))}" />
                <PackageReference Include="OpenTelemetry.Instrumentation.GrpcNetClient" Version="{VersionOf(typeof(OpenTelemetry.Instrumentation.GrpcNetClient.GrpcClientTraceInstrumentationOptions))}" />
              </ItemGroup>
            </Project>
            """;

        static string VersionOf(Type type) => FileVersionInfo.GetVersionInfo(type.Assembly.Location).ProductVersion!.Split('+')[0];
    }
}
