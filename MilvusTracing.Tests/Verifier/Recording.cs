using System.Runtime.CompilerServices;
using System.Text.Json;

namespace MilvusTracing.Tests.Verifier;

/// <summary>Answers recorded from a real Milvus 2.3.5, Jaeger 2.13 and Aspire dashboard 13.5.4, trimmed to a few operations.</summary>
internal static class Recording
{
    public static string Read(string name, [CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "Recordings", name));

    public static string TraceIdOf(string jaegerJson)
    {
        using var json = JsonDocument.Parse(jaegerJson);
        return json.RootElement.GetProperty("data")[0].GetProperty("traceID").GetString()!;
    }
}
