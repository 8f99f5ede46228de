using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Docs;

/// <summary>A Markdown file of the repository.</summary>
internal sealed partial class Document(string path)
{
    private readonly string _text = File.ReadAllText(Path.Combine(BuiltProject.Root, path));

    /// <summary>The paths of all documents, relative to the repository.</summary>
    public static TheoryData<string> Paths => new(
    [
        "README.md",
        .. Under("docs", SearchOption.TopDirectoryOnly),
        .. Under("src", SearchOption.AllDirectories),
        .. Under("deploy", SearchOption.AllDirectories),
        .. Under("stand-ins", SearchOption.TopDirectoryOnly),
    ]);

    /// <summary>The folder of the document.</summary>
    public string Folder { get; } = Path.GetDirectoryName(Path.Combine(BuiltProject.Root, path))!;

    /// <summary>The targets of links and pictures that are files of the repository.</summary>
    public IEnumerable<string> LinkedFiles => Link().Matches(_text)
        .Select(link => link.Groups["target"].Value.Split('#')[0])
        .Where(target => target.Length > 0 && !target.Contains("://"));

    /// <summary>The code blocks of a language.</summary>
    public IEnumerable<string> Snippets(string language) => Fence().Matches(_text)
        .Where(fence => fence.Groups["language"].Value == language)
        .Select(fence => fence.Groups["code"].Value);

    private static IEnumerable<string> Under(string folder, SearchOption depth) =>
        Directory.EnumerateFiles(Path.Combine(BuiltProject.Root, folder), "*.md", depth)
            .Select(file => Path.GetRelativePath(BuiltProject.Root, file))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^ *```(?<language>\w+)\n(?<code>.*?)^ *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
