using System.Globalization;
using System.Text;
using Aspire.Hosting;
using Google.Protobuf;
using MilvusTracing.Hosting.Logs.Otlp;

namespace MilvusTracing.Hosting.Logs;

/// <summary>Converts the lines of Milvus's log, as Aspire streams them, to OpenTelemetry log records.</summary>
/// <param name="selection">Which entries are sent.</param>
/// <param name="password">The password of Milvus's user root, which is masked in all records; empty if there is none.</param>
/// <param name="send">Receives the records. Must not block.</param>
/// <param name="time">The clock.</param>
/// <param name="failures">Receives errors about the export of spans, whatever the selection; null if they are not needed.</param>
internal sealed class MilvusLogForwarder(
    MilvusLogSelection selection, string password, Action<LogRecord> send, TimeProvider time, MilvusExportFailures? failures = null)
{
    /// <summary>Wait for continuation lines.</summary>
    private static readonly TimeSpan ContinuationTimeout = TimeSpan.FromMilliseconds(200);

    /// <summary>Wait for more lines of a crash report. Resolving the symbols of a stack takes seconds.</summary>
    private static readonly TimeSpan CrashTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How many recent lines are remembered to detect repeated ones.</summary>
    private const int MaxRecentLines = 5_000;

    private readonly string[] _secrets = Secrets(password);
    private readonly HashSet<string> _recentLines = [];
    private readonly Queue<string> _oldestFirst = new();

    /// <summary>Reads a log until it ends or the token is canceled.</summary>
    public async Task ReadAsync(IAsyncEnumerable<IReadOnlyList<LogLine>> log, CancellationToken cancellationToken)
    {
        var assembler = new MilvusLogAssembler();
        var requests = new RequestsInFlight();
        await using var batches = log.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = batches.MoveNextAsync().AsTask();
            var timeout = assembler.IsCrash ? CrashTimeout : ContinuationTimeout;
            if (assembler.HasPending && await Task.WhenAny(next, Task.Delay(timeout, time, cancellationToken)).ConfigureAwait(false) != next)
            {
                Forward(assembler.Flush(), requests);
            }

            if (!await next.ConfigureAwait(false))
            {
                Forward(assembler.Flush(), requests);
                return;
            }

            foreach (var line in batches.Current)
            {
                var (received, text) = SplitTimestamp(line.Content);
                if (received is null || IsNew(line.Content))
                {
                    Forward(assembler.Add(text, received), requests);
                }
            }
        }
    }

    /// <summary>
    /// After a restart of the container Aspire may stream the log again. The timestamp makes a line unique; lines without
    /// one, such as those of a stack trace, may repeat.
    /// </summary>
    private bool IsNew(string content)
    {
        if (!_recentLines.Add(content))
        {
            return false;
        }

        _oldestFirst.Enqueue(content);
        if (_oldestFirst.Count > MaxRecentLines)
        {
            _recentLines.Remove(_oldestFirst.Dequeue());
        }

        return true;
    }

    private void Forward((string Text, DateTimeOffset? Time)? completed, RequestsInFlight requests)
    {
        if (completed is not ({ } text, var received) || string.IsNullOrWhiteSpace(text)
            || (selection != MilvusLogSelection.All && MilvusLogParser.IsRoutine(text)))
        {
            return;
        }

        var entry = MilvusLogParser.Parse(text);
        var now = received ?? time.GetUtcNow();
        if (failures is not null && MilvusExportFailure.IsExportFailure(entry))
        {
            failures.Add(new(Mask(text.Split('\n')[0]), entry.Time ?? now));
        }

        if (entry.IsFatal)
        {
            entry = WithRequests(entry, requests.Take(now));
        }
        else
        {
            requests.Observe(entry, now);
        }

        if (IsSelected(entry))
        {
            send(ToRecord(entry, received));
        }
    }

    private bool IsSelected(MilvusLogEntry entry) =>
        selection == MilvusLogSelection.All
        || (selection != MilvusLogSelection.None && entry.TraceId.Length > 0)
        || (selection == MilvusLogSelection.Warning && entry.Severity >= 13);

    /// <summary>A crash ends the requests in flight. Its record is on the trace of the most recent one and lists them all.</summary>
    private static MilvusLogEntry WithRequests(MilvusLogEntry crash, IReadOnlyList<string> traceIds) => traceIds.Count == 0
        ? crash
        : (crash.TraceId.Length > 0 ? crash : crash with { TraceId = traceIds[0] })
            .With([new("milvus.in_flight_trace_ids", string.Join(' ', traceIds))]);

    private LogRecord ToRecord(MilvusLogEntry entry, DateTimeOffset? received)
    {
        var now = time.GetUtcNow();
        var record = new LogRecord
        {
            TimeUnixNano = Nanoseconds(entry.Time ?? received ?? now),
            ObservedTimeUnixNano = Nanoseconds(now),
            SeverityNumber = entry.Severity,
            SeverityText = entry.Level,
            Body = Value(entry.Message),
        };
        if (entry.TraceId.Length > 0)
        {
            record.TraceId = ByteString.CopyFrom(Convert.FromHexString(entry.TraceId));
            record.SpanId = ByteString.CopyFrom(Convert.FromHexString(entry.SpanId));
        }

        if (entry.File.Length > 0)
        {
            record.Attributes.Add(new KeyValue { Key = "code.file.path", Value = Value(entry.File) });
            record.Attributes.Add(new KeyValue { Key = "code.line.number", Value = new() { IntValue = entry.Line } });
        }

        foreach (var (name, value) in entry.Fields)
        {
            record.Attributes.Add(new KeyValue { Key = name, Value = Value(value) });
        }

        return record;
    }

    private AnyValue Value(string text) => new() { StringValue = Mask(text) };

    private string Mask(string text) => _secrets.Aggregate(text, (masked, secret) => masked.Replace(secret, "***", StringComparison.Ordinal));

    /// <summary>
    /// The password and the tokens that Milvus's clients make of it. The default password, Milvus, is not secret, and the
    /// word is in many lines.
    /// </summary>
    private static string[] Secrets(string password)
    {
        string[] tokens = [$"root:{password}", Convert.ToBase64String(Encoding.UTF8.GetBytes($"root:{password}"))];
        return password.Length == 0 ? [] : password == "Milvus" ? tokens : [.. tokens, password];
    }

    /// <summary>Aspire prefixes each line with the time at which it received it.</summary>
    private static (DateTimeOffset? Received, string Text) SplitTimestamp(string content) =>
        content.IndexOf(' ') is > 0 and var end && DateTimeOffset.TryParseExact(
            content.AsSpan(0, end), "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var received)
            ? (received, content[(end + 1)..])
            : (null, content);

    private static ulong Nanoseconds(DateTimeOffset time) => (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
