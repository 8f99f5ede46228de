namespace MilvusTracing.Tests.Support;

/// <summary>A test against a real Milvus and Jaeger, skipped where their addresses are not set.</summary>
internal sealed class RealServersFactAttribute : FactAttribute
{
    public RealServersFactAttribute()
    {
        if (RealServers.Missing is { Length: > 0 } missing)
        {
            Skip = $"Needs a real Milvus and Jaeger: set {string.Join(", ", missing)}.";
        }
    }
}
