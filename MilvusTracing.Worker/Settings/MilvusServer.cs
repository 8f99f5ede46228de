namespace MilvusTracing.Worker.Settings;

/// <summary>The Milvus that the worker calls, as its telemetry names it.</summary>
internal sealed record MilvusServer(string Address, int Port, string Database)
{
    public const string DefaultDatabase = "default";

    public override string ToString() => Address.Contains(':') ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}
