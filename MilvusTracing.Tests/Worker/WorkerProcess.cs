using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Worker;

/// <summary>The built worker as a process of its own.</summary>
internal static class WorkerProcess
{
    /// <param name="milvus">Its connection string for Milvus.</param>
    /// <param name="passes"><c>Worker:Passes</c>; 0: until stopped.</param>
    /// <param name="receiver">Takes its metrics and logs, as the Aspire dashboard would, and its traces where there is no Jaeger.</param>
    /// <param name="jaeger">Takes its traces, as Jaeger would.</param>
    /// <param name="more">Further environment variables.</param>
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
