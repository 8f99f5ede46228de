using System.Reflection;
using MilvusTracing.Tests.Support;
using PublicApiGenerator;

namespace MilvusTracing.Tests.PublicApi;

/// <summary>
/// What a package promises: its public types and members, as <c>PublicApi/&lt;package&gt;.txt</c> lists them. A change there is
/// a change for users. To write the listings anew: <c>UPDATE_PUBLIC_API=1 ./test --filter FullyQualifiedName~PublicApi</c>.
/// </summary>
internal static class PublicApi
{
    private const string Update = "UPDATE_PUBLIC_API";

    private static readonly string Folder = Path.Combine(BuiltProject.Root, "MilvusTracing.Tests", "PublicApi");

    /// <param name="package">The package's assembly.</param>
    public static void ShouldBeAsListed(Assembly package)
    {
        var listing = Path.Combine(Folder, $"{package.GetName().Name}.txt");
        var actual = package.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable(Update) is { Length: > 0 })
        {
            File.WriteAllText(listing, actual);
        }

        var listed = File.Exists(listing) ? File.ReadAllText(listing) : "";
        actual.Split('\n').ShouldBe(listed.Split('\n'), $"{listing} lists something else. If that is meant, run the tests with {Update}=1 and commit the listing.");
    }
}
