using System.Diagnostics;
using Grpc.Net.Client;
using MilvusTracing.Instrumentation;
using MilvusTracing.Tests.Support;
using OpenTelemetry.Instrumentation.GrpcNetClient;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>
/// The traceparent header that Milvus receives from a process of its own: with .NET 10's System.Diagnostics.DiagnosticSource,
/// and with .NET 11's, which sets the random flag (<c>-03</c>). Milvus drops a traceparent with that flag.
/// </summary>
public sealed class TraceParentTests : IDisposable
{
    private const string Program =
        """
        using System.Diagnostics;
        using Grpc.Core;
        using Grpc.Net.Client;
        using OpenTelemetry;
        using OpenTelemetry.Trace;

        Console.WriteLine(typeof(Activity).Assembly.GetName().Version!.Major);
        var bytes = Marshallers.Create<byte[]>(message => message, message => message);
        var isMilvusFirst = args[1] == "MilvusFirst";
        foreach (var suppress in new[] { false, true })
        foreach (var sampler in new Sampler[] { new AlwaysOnSampler(), new AlwaysOffSampler() })
        {
            var builder = Sdk.CreateTracerProviderBuilder().SetSampler(sampler);
            Action<MilvusTracing.Instrumentation.MilvusClientTraceInstrumentationOptions> configure =
                milvus => milvus.Filter = request => !request.RequestUri!.AbsolutePath.EndsWith("/CheckHealth");
            if (isMilvusFirst) builder.AddMilvusClientInstrumentation(configure);
            builder.AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = suppress);
            if (!isMilvusFirst) builder.AddMilvusClientInstrumentation(configure);
            using var provider = builder.Build();
            using var channel = GrpcChannel.ForAddress(args[0]);
            foreach (var method in new[] { "Search", "NewInMilvus9", "CheckHealth" })
            {
                await channel.CreateCallInvoker().AsyncUnaryCall(
                    new Method<byte[], byte[]>(MethodType.Unary, "milvus.proto.milvus.MilvusService", method, bytes, bytes), null, default, []);
            }
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("traceparent-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("1.20.1", 10)]
    [InlineData("1.21.0", 11)]
    public async Task Its_only_flag_is_sampled_and_not_set_on_calls_that_Filter_rejects(string openTelemetry, int diagnosticSource)
    {
        var application = await BuildAsync(openTelemetry);
        await using var milvus = await FakeMilvus.StartAsync();

        // The order of registration decides whose listener sees a call first.
        foreach (var order in new[] { "GrpcFirst", "MilvusFirst" })
        {
            var run = await ChildProcess.RunAsync("dotnet", application, milvus.Address.ToString(), order);
            run.Output.ShouldBe($"{diagnosticSource}");
        }

        milvus.TraceParents.Select(header => header[^3..]).ShouldBe(
            [.. Enumerable.Repeat<string[]>(["-01", "-01", "-00", "-00", "-00", "-00"], 4).SelectMany(flags => flags)]);
    }

    private async Task<string> BuildAsync(string openTelemetry)
    {
        File.WriteAllText(Path.Combine(_folder, "Program.cs"), Program);
        File.WriteAllText(Path.Combine(_folder, "Directory.Build.props"), "<Project />");
        File.WriteAllText(Path.Combine(_folder, "application.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                <Reference Include="{typeof(MilvusClientTraceInstrumentationOptions).Assembly.Location}" />
                <PackageReference Include="Grpc.Net.Client" Version="{VersionOf(typeof(GrpcChannel))}" />
                <PackageReference Include="OpenTelemetry" Version="{openTelemetry}" />
                <PackageReference Include="OpenTelemetry.Api.ProviderBuilderExtensions" Version="{openTelemetry}" />
                <PackageReference Include="OpenTelemetry.Instrumentation.GrpcNetClient" Version="{VersionOf(typeof(GrpcClientTraceInstrumentationOptions))}" />
              </ItemGroup>
            </Project>
            """);
        await ChildProcess.RunAsync("dotnet", "build", _folder, "-p:RunAnalyzers=false", "--disable-build-servers", "-nodeReuse:false");
        return Path.Combine(_folder, "bin", "Debug", "net10.0", "application.dll");

        static string VersionOf(Type type) => FileVersionInfo.GetVersionInfo(type.Assembly.Location).ProductVersion!.Split('+')[0];
    }
}
