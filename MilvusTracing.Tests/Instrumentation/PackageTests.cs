using System.Diagnostics;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The package as a user gets it: a small application takes it from a feed, and has named spans.</summary>
public sealed class PackageTests
{
    private const string Version = "0.0.0-test";

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
    public async Task A_small_application_takes_it_from_a_feed_and_has_named_spans()
    {
        var folder = Directory.CreateTempSubdirectory("milvus-tracing-package-");
        try
        {
            var feed = folder.CreateSubdirectory("feed").FullName;
            var application = folder.CreateSubdirectory("application").FullName;
            await RunAsync(
                "pack", Path.Combine(BuiltProject.Root, "MilvusTracing.Instrumentation"), "--no-build", "-c", BuiltProject.Configuration, "-o", feed, $"-p:Version={Version}");
            Directory.GetFiles(feed).Select(Path.GetFileName).ShouldContain($"MilvusTracing.Instrumentation.{Version}.nupkg");

            File.WriteAllText(Path.Combine(application, "Program.cs"), Program);
            File.WriteAllText(Path.Combine(application, "application.csproj"), Project());
            // Its own packages folder: the user's would keep what this test made.
            await RunAsync(
                "build", application, "-p:RunAnalyzers=false", $"-p:RestoreAdditionalProjectSources={feed}", $"-p:RestorePackagesPath={Path.Combine(folder.FullName, "packages")}");

            await using var milvus = await MilvusDouble.StartAsync();
            await using var run = ChildProcess.Start("dotnet", [Path.Combine(application, "bin", "Debug", "net10.0", "application.dll"), milvus.Address.ToString()]);
            (await run.WaitForExitAsync()).ShouldBe(0, run.Output);
            run.Output.ShouldBe("span 'search books' of milvus");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RunAsync(params string[] arguments)
    {
        await using var dotnet = ChildProcess.Start("dotnet", [.. arguments, "--disable-build-servers", "-nodeReuse:false"]);
        (await dotnet.WaitForExitAsync()).ShouldBe(0, dotnet.Output);
    }

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
                <PackageReference Include="MilvusTracing.Instrumentation" Version="{Version}" />
                <PackageReference Include="Grpc.Net.Client" Version="{VersionOf(typeof(Grpc.Net.Client.GrpcChannel))}" />
                <PackageReference Include="OpenTelemetry.Exporter.InMemory" Version="{VersionOf(typeof(OpenTelemetry.Exporter.InMemoryExporter<>))}" />
                <PackageReference Include="OpenTelemetry.Instrumentation.GrpcNetClient" Version="{VersionOf(typeof(OpenTelemetry.Instrumentation.GrpcNetClient.GrpcClientTraceInstrumentationOptions))}" />
              </ItemGroup>
            </Project>
            """;

        static string VersionOf(Type type) => FileVersionInfo.GetVersionInfo(type.Assembly.Location).ProductVersion!.Split('+')[0];
    }
}
