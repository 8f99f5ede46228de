using System.Text;

namespace MilvusTracing.Hosting.Logs;

/// <summary>Puts lines together to entries: an indented line goes on with the one before, and so does any line after a crash.</summary>
internal sealed class MilvusLogAssembler
{
    /// <summary>Characters; a longer entry is continued by the next one.</summary>
    private const int MaxLength = 64 * 1024;

    private readonly StringBuilder _text = new();
    private DateTimeOffset? _at;
    private bool _isCrash;

    /// <summary>Whether an entry may go on.</summary>
    public bool HasPending => _text.Length > 0;

    /// <summary>Takes the next line, which was read at a time.</summary>
    /// <returns>The entry that it ends, and when that began; null where it goes on.</returns>
    public (string Text, DateTimeOffset? At)? Add(string line, DateTimeOffset? at)
    {
        if (HasPending && GoesOn(line))
        {
            _text.Append('\n').Append(line);
            return null;
        }

        var ended = Flush();
        _text.Append(line);
        _at = at;
        _isCrash = MilvusLogEntry.IsCrash(line);
        return ended;
    }

    /// <returns>The entry so far, which is then over; null where there is none.</returns>
    public (string Text, DateTimeOffset? At)? Flush()
    {
        (string, DateTimeOffset?)? ended = HasPending ? (_text.ToString(), _at) : null;
        _text.Clear();
        return ended;
    }

    private bool GoesOn(string line) =>
        _text.Length + line.Length < MaxLength && (line is [' ' or '\t', ..] || (_isCrash && !MilvusLogEntry.IsStart(line)));
}
