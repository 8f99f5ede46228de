using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Worker;

/// <summary>Starts the built worker as a separate process.</summary>
internal static class WorkerProcess
{
    /// <param name="milvus">The connection string of Milvus.</param>
    /// <param name="passes"><c>Worker:Passes</c>; 0 runs until stopped.</param>
    /// <param name="receiver">Receives metrics and logs, like the Aspire dashboard, and traces if <paramref name="jaeger"/> is null.</param>
    /// <param name="jaeger">The OTLP endpoint for traces.</param>
    /// <param name="more">Other environment variables.</param>
    public static ChildProcess Start(
        string? milvus,
        int passes = 1,
        OtlpReceiver? receiver = null,
        string? jaeger = null,
        params (string Name, string Value)[] more)
    {
        var settings = more.ToDictionary(setting => setting.Name, setting => (string?)setting.Value);
        settings["ConnectionStrings__milvus"] = milvus;
        settings["Worker__Passes"] = $"{passes}";
        settings.TryAdd("Worker__Interval", "0.1");
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver?.GrpcEndpoint.ToString();
        settings.TryAdd("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", jaeger);

        return ChildProcess.StartProject("MilvusTracing.Worker", settings);
    }

    /// <returns>The trace id in a pass's log line.</returns>
    public static string TraceId(string line) => Regex.Match(line, "trace ([0-9a-f]{32})").Groups[1].Value;
}
