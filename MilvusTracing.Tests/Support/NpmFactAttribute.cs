namespace MilvusTracing.Tests.Support;

/// <summary>A test that needs Node.js and npm, skipped where they are not on the PATH.</summary>
internal sealed class NpmFactAttribute : FactAttribute
{
    public NpmFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (new[] { "node", "npm" }.FirstOrDefault(program => !folders.Any(folder => File.Exists(Path.Combine(folder, program)))) is { } missing)
        {
            Skip = $"Needs Node.js with npm: {missing} is not on the PATH.";
        }
    }
}
