namespace MilvusTracing.Tests.Support;

/// <summary>How long tests wait for what has to come. Where it comes, nothing is lost; a busy machine may take long.</summary>
internal static class Timeouts
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
}
