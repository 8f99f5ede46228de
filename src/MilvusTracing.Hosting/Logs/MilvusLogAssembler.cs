using System.Globalization;
using System.Text;

namespace MilvusTracing.Hosting.Logs;

/// <summary>
/// Joins lines into log entries. An indented line continues the entry before it. After the first line of a crash report, so
/// does every line that is not in a log format; lines that are, written by other threads meanwhile, are entries of their own.
/// </summary>
internal sealed class MilvusLogAssembler
{
    /// <summary>The maximum length of an entry in characters. Longer entries are split, longer crash reports are cut.</summary>
    private const int MaxLength = 64 * 1024;

    /// <summary>How many log lines of other threads may be between the lines of a crash report.</summary>
    private const int MaxInterleavedLines = 100;

    private readonly StringBuilder _text = new();
    private DateTimeOffset? _time;
    private bool _isOpenRequest;
    private int _interleaved;
    private int _omitted;

    /// <summary>Whether there is an entry that the next line may continue.</summary>
    public bool HasPending => _text.Length > 0;

    /// <summary>Whether that entry is a crash report.</summary>
    public bool IsCrash { get; private set; }

    /// <summary>Adds a line, and the time at which it was read.</summary>
    /// <returns>An entry that is complete, and the time of its first line; null if there is none.</returns>
    public (string Text, DateTimeOffset? Time)? Add(string line, DateTimeOffset? time)
    {
        var isCrash = MilvusLogParser.IsCrash(line);
        if (HasPending && Continues(line))
        {
            if (_text.Length + line.Length < MaxLength)
            {
                _text.Append('\n').Append(line);
                _isOpenRequest = _isOpenRequest && line is not [.., ']'];
                return null;
            }

            if (IsCrash)
            {
                _omitted++;
                return null;
            }
        }
        else if (IsCrash && !isCrash && _interleaved++ < MaxInterleavedLines)
        {
            return (line, time);
        }

        var completed = Flush();
        _text.Append(line);
        _isOpenRequest = line is ['[', .., not ']'] && line.Contains("] [GIN] [", StringComparison.Ordinal);
        (_time, IsCrash, _interleaved, _omitted) = (time, isCrash, 0, 0);
        return completed;
    }

    /// <summary>Ends the pending entry.</summary>
    /// <returns>The entry; null if there is none.</returns>
    public (string Text, DateTimeOffset? Time)? Flush()
    {
        if (!HasPending)
        {
            return null;
        }

        var omitted = _omitted == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"\n… {_omitted} more lines");
        var completed = (_text + omitted, _time);
        _text.Clear();
        IsCrash = false;
        return completed;
    }

    // The errors of a REST request, one a line, end with a bracket.
    private bool Continues(string line) =>
        line is [' ' or '\t', ..] || ((IsCrash || _isOpenRequest) && !MilvusLogParser.IsStart(line));
}
