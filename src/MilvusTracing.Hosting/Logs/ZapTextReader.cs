using System.Text.Json;

namespace MilvusTracing.Hosting.Logs;

/// <summary>
/// Reads a line of Milvus's text encoder for zap, part by part. A part is <c>[value]</c> or <c>[key=value]</c>, with quotes and
/// JSON's escapes around text that has spaces, quotes, brackets, backslashes or equals signs. Woodpecker also writes
/// <c>[key=value,key=value]</c>, and <c>key=value,key=value</c> without brackets.
/// </summary>
internal ref struct ZapTextReader(ReadOnlySpan<char> line)
{
    private bool _isFirst = true;

    /// <summary>The text that was not read: empty at the end, otherwise it is malformed.</summary>
    public ReadOnlySpan<char> Rest { get; private set; } = line;

    /// <summary>Reads a part and adds its fields. The key of a value without one is empty.</summary>
    /// <returns>False at the end of the line, or if the part is malformed; it is not read then.</returns>
    public bool TryRead(List<KeyValuePair<string, string>> fields)
    {
        var text = _isFirst ? Rest : Rest is [' ', .. var next] ? next : [];
        var isBracketed = text is ['[', ..];
        text = isBracketed ? text[1..] : text;
        var before = fields.Count;
        if (!text.IsEmpty && TryReadFields(ref text, isBracketed, fields))
        {
            Rest = text;
            _isFirst = false;
            return true;
        }

        fields.RemoveRange(before, fields.Count - before);
        return false;
    }

    private static bool TryReadFields(ref ReadOnlySpan<char> text, bool isBracketed, List<KeyValuePair<string, string>> fields)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var key = "";
            var length = text is ['"', ..] ? QuotedLength(text) : text.IndexOfAny('=', ']');
            if (length > 0 && length < text.Length && text[length] == '=')
            {
                key = Unquote(text[..length]);
                text = text[(length + 1)..];
            }
            else if (!isFirst || !isBracketed)
            {
                return false;
            }

            length = text is ['"', ..] && QuotedLength(text) is > 0 and var quoted && IsEnd(text[quoted..], isBracketed)
                ? quoted : RawLength(text, isBracketed);
            if (length < 0)
            {
                return false;
            }

            fields.Add(new(key, Unquote(text[..length])));
            text = text[length..];
            if (text is [',', ..])
            {
                text = text[1..];
                continue;
            }

            text = isBracketed ? text[1..] : text;
            return true;
        }
    }

    private static bool IsEnd(ReadOnlySpan<char> text, bool isBracketed) =>
        text is [',', ..] || (isBracketed ? text is [']', ..] : text.IsEmpty || text.StartsWith(" ["));

    /// <returns>The length of the string with its quotes; -1 if it does not end.</returns>
    private static int QuotedLength(ReadOnlySpan<char> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i++;
                    break;
                case '"':
                    return i + 1;
            }
        }

        return -1;
    }

    /// <summary>Finds the end of a value without quotes: the comma before the next <c>key=</c>, or the end of the part.</summary>
    private static int RawLength(ReadOnlySpan<char> text, bool isBracketed)
    {
        var end = isBracketed ? text.IndexOf(']') : text.IndexOf(" [") is >= 0 and var bracket ? bracket : text.Length;
        if (end < 0)
        {
            return -1;
        }

        var equals = text[..end].IndexOf('=');
        var comma = equals < 0 ? -1 : text[..equals].LastIndexOf(',');
        return comma < 0 ? end : comma;
    }

    private static string Unquote(ReadOnlySpan<char> text)
    {
        if (text is not ['"', .. var inner, '"'])
        {
            return text.ToString();
        }

        if (!inner.Contains('\\'))
        {
            return inner.ToString();
        }

        try
        {
            return JsonSerializer.Deserialize<string>(text)!;
        }
        catch (JsonException)
        {
            return inner.ToString();
        }
    }
}
