using System.Diagnostics;

namespace MilvusTracing.Worker.Telemetry;

internal static class Instrumentation
{
    public const string Name = "MilvusTracing.Worker";

    public static ActivitySource Source { get; } = new(Name);
}
