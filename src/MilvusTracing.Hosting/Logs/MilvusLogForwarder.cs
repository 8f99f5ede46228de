using System.Globalization;
using System.Text;
using Aspire.Hosting;
using Google.Protobuf;
using MilvusTracing.Hosting.Logs.Otlp;

namespace MilvusTracing.Hosting.Logs;

/// <summary>Turns the lines of Milvus's log, as the resource has them, into OpenTelemetry log records.</summary>
/// <param name="choice">Which entries are sent.</param>
/// <param name="key">Root's key, which never leaves; empty where there is none.</param>
/// <param name="send">Takes the records; must not wait.</param>
/// <param name="time">The clock.</param>
internal sealed class MilvusLogForwarder(MilvusLogSelection choice, string key, Action<LogRecord> send, TimeProvider time)
{
    /// <summary>So long an entry may still go on.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>So many lines are told from their repetitions.</summary>
    private const int Remembered = 5_000;

    private readonly string[] _secrets = Secrets(key);
    private readonly HashSet<string> _lines = [];
    private readonly Queue<string> _oldestFirst = new();

    /// <summary>Reads until the log ends or is cancelled.</summary>
    public async Task ReadAsync(IAsyncEnumerable<IReadOnlyList<LogLine>> log, CancellationToken cancellationToken)
    {
        var assembler = new MilvusLogAssembler();
        await using var batches = log.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = batches.MoveNextAsync().AsTask();
            if (assembler.HasPending && await Task.WhenAny(next, Task.Delay(Patience, time, cancellationToken)).ConfigureAwait(false) != next)
            {
                Forward(assembler.Flush());
            }

            if (!await next.ConfigureAwait(false))
            {
                Forward(assembler.Flush());
                return;
            }

            foreach (var line in batches.Current)
            {
                var (at, text) = WithoutTimestamp(line.Content);
                if (at is null || IsNew(line.Content))
                {
                    Forward(assembler.Add(text, at));
                }
            }
        }
    }

    /// <summary>
    /// After a restart of its container Aspire may stream a log twice. Its timestamp makes a line unlike any other; what has
    /// none, as the rest of a stack trace, may well come again.
    /// </summary>
    private bool IsNew(string content)
    {
        lock (_lines)
        {
            if (!_lines.Add(content))
            {
                return false;
            }

            _oldestFirst.Enqueue(content);
            if (_oldestFirst.Count > Remembered)
            {
                _lines.Remove(_oldestFirst.Dequeue());
            }

            return true;
        }
    }

    private void Forward((string Text, DateTimeOffset? At)? entry)
    {
        if (entry is ({ } text, var at) && !string.IsNullOrWhiteSpace(text) && ToRecord(text, at) is { } record)
        {
            send(record);
        }
    }

    /// <returns>The entry as a log record; null where it is not chosen.</returns>
    internal LogRecord? ToRecord(string text, DateTimeOffset? at)
    {
        // Most entries are neither; telling so without a parser keeps a storm cheap.
        if (choice == MilvusLogSelection.Trace && !text.Contains("traceID=", StringComparison.Ordinal))
        {
            return null;
        }

        var entry = MilvusLogEntry.Parse(text);
        var isChosen = choice switch
        {
            MilvusLogSelection.All => true,
            MilvusLogSelection.Warning => entry.Severity >= 13 || entry.TraceId.Length > 0,
            MilvusLogSelection.Trace => entry.TraceId.Length > 0,
            _ => false,
        };
        if (!isChosen)
        {
            return null;
        }

        var now = time.GetUtcNow();
        var record = new LogRecord
        {
            TimeUnixNano = Nanoseconds(entry.Time ?? at ?? now),
            ObservedTimeUnixNano = Nanoseconds(now),
            SeverityNumber = entry.Severity,
            SeverityText = entry.Level,
            Body = Text(entry.Message),
        };
        if (entry.TraceId.Length > 0)
        {
            record.TraceId = ByteString.CopyFrom(Convert.FromHexString(entry.TraceId));
        }

        if (entry.File.Length > 0)
        {
            record.Attributes.Add(new KeyValue { Key = "code.file.path", Value = Text(entry.File) });
            record.Attributes.Add(new KeyValue { Key = "code.line.number", Value = new() { IntValue = entry.Line } });
        }

        foreach (var (name, value) in entry.Fields)
        {
            record.Attributes.Add(new KeyValue { Key = name, Value = Text(value) });
        }

        return record;
    }

    private AnyValue Text(string text) =>
        new() { StringValue = _secrets.Aggregate(text, (redacted, secret) => redacted.Replace(secret, "***", StringComparison.Ordinal)) };

    /// <summary>The key and what Milvus's clients make of it. The key that Milvus comes with is no secret, and a word of every log.</summary>
    private static string[] Secrets(string key)
    {
        string[] token = [$"root:{key}", Convert.ToBase64String(Encoding.UTF8.GetBytes($"root:{key}"))];
        return key.Length == 0 ? [] : key == "Milvus" ? token : [.. token, key];
    }

    /// <summary>Aspire puts the time when it got the line in front of it.</summary>
    private static (DateTimeOffset? At, string Text) WithoutTimestamp(string content) =>
        content.IndexOf(' ') is > 19 and < 36 and var end && content[0] == '2'
        && DateTimeOffset.TryParseExact(content.AsSpan(0, end), "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? (at, content[(end + 1)..])
            : (null, content);

    private static ulong Nanoseconds(DateTimeOffset time) => (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
