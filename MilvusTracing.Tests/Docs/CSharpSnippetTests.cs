using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MilvusTracing.Tests.Docs;

/// <summary>The C# in README and docs compiles against the projects of this repository.</summary>
public sealed class CSharpSnippetTests
{
    // The variables that a snippet may use without declaring them. A local variable of the snippet hides them.
    private const string AppHost =
        """
        static IDistributedApplicationBuilder builder = null!;
        static DistributedApplication app = null!;
        static IResourceBuilder<MilvusServerResource> milvus = null!;
        static IResourceBuilder<JaegerResource> jaeger = null!;
        static VerificationReport report = null!;
        """;

    private const string Service =
        """
        static HostApplicationBuilder builder = null!;
        static TracerProviderBuilder tracing = null!;
        static MeterProviderBuilder metrics = null!;
        """;

    private static readonly IReadOnlyList<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    public static TheoryData<string> Documents => Document.Paths;

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_snippet_compiles(string document)
    {
        foreach (var snippet in new Document(document).Snippets("csharp"))
        {
            var (asAppHost, asService) = (Errors(snippet, AppHost), Errors(snippet, Service));

            (asAppHost.Length == 0 || asService.Length == 0).ShouldBeTrue(
                $"{snippet}\nAs an AppHost:\n{string.Join('\n', asAppHost)}\nAs a service:\n{string.Join('\n', asService)}");
        }
    }

    private static string[] Errors(string snippet, string variables)
    {
        var source =
            $$"""
            using System; using System.Collections.Generic; using System.Diagnostics; using System.IO; using System.Linq;
            using System.Net.Http; using System.Threading; using System.Threading.Tasks;
            using Aspire.Hosting; using Aspire.Hosting.ApplicationModel; using Aspire.Hosting.Milvus; using Aspire.Hosting.Testing;
            using Microsoft.Extensions.DependencyInjection; using Microsoft.Extensions.Hosting;
            using MilvusTracing.Verification; using OpenTelemetry; using OpenTelemetry.Metrics; using OpenTelemetry.Trace;

            namespace Projects { class Shop : IProjectMetadata { public string ProjectPath => ""; } }

            static class Snippet
            {
                {{variables}}
                static async Task RunAsync(string[] args)
                {
                    await Task.CompletedTask;
                    {{snippet}}
                }
            }
            """;
        var compilation = CSharpCompilation.Create(
            "Snippet", [CSharpSyntaxTree.ParseText(source)], References, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        return [.. compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(error => error.GetMessage())];
    }
}
