using System.Diagnostics;
using OpenTelemetry;

namespace MilvusTracing.Local.Emulator.Tracing;

/// <summary>
/// Queues the spans of one emulator for export. OpenTelemetry finds sources by name, so the spans of every other
/// emulator in the process come along.
/// </summary>
internal sealed class OwnSpansProcessor(ActivitySource source, BaseExporter<Activity> exporter)
    : BatchActivityExportProcessor(exporter, MaxQueued, DelayMilliseconds, ExportTimeoutMilliseconds, MaxBatch)
{
    private const int MaxQueued = 200_000; // 10,000 searches in a burst
    private const int DelayMilliseconds = 200;
    private const int ExportTimeoutMilliseconds = 10_000;
    private const int MaxBatch = 2048;

    public override void OnEnd(Activity data)
    {
        if (data.Source == source)
        {
            base.OnEnd(data);
        }
    }
}
