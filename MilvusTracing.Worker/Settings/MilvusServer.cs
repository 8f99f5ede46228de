namespace MilvusTracing.Worker.Settings;

/// <summary>The Milvus that the worker calls, as its log names it.</summary>
internal sealed record MilvusServer(string Address, int Port)
{
    public override string ToString() => Address.Contains(':') ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}
