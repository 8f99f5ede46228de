using System.Text;

namespace MilvusTracing.Hosting.Logs;

/// <summary>Joins lines into log entries: an indented line continues the entry before it, and so does any line after a crash.</summary>
internal sealed class MilvusLogAssembler
{
    /// <summary>The maximum length of an entry in characters. Longer entries are split.</summary>
    private const int MaxLength = 64 * 1024;

    private readonly StringBuilder _text = new();
    private DateTimeOffset? _time;
    private bool _isCrash;

    /// <summary>Whether there is an entry that the next line may continue.</summary>
    public bool HasPending => _text.Length > 0;

    /// <summary>Adds a line, and the time at which it was read.</summary>
    /// <returns>The entry that this line ends, and the time of its first line; null if the line continues the pending entry.</returns>
    public (string Text, DateTimeOffset? Time)? Add(string line, DateTimeOffset? time)
    {
        if (HasPending && Continues(line))
        {
            _text.Append('\n').Append(line);
            return null;
        }

        var completed = Flush();
        _text.Append(line);
        _time = time;
        _isCrash = MilvusLogEntry.IsCrash(line);
        return completed;
    }

    /// <summary>Ends the pending entry.</summary>
    /// <returns>The entry; null if there is none.</returns>
    public (string Text, DateTimeOffset? Time)? Flush()
    {
        (string, DateTimeOffset?)? completed = HasPending ? (_text.ToString(), _time) : null;
        _text.Clear();
        return completed;
    }

    private bool Continues(string line) =>
        _text.Length + line.Length < MaxLength && (line is [' ' or '\t', ..] || (_isCrash && !MilvusLogEntry.IsStart(line)));
}
