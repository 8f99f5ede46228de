using System.Text.RegularExpressions;
using MilvusTracing.Emulator.Errors;

namespace MilvusTracing.Emulator.Filter;

internal enum TokenKind
{
    Space,
    Text,
    Float,
    Integer,
    Word,
    Symbol,
    End,
}

/// <summary>A token of a filter: its kind, source text and position.</summary>
internal readonly record struct Token(TokenKind Kind, string Content, int Position)
{
    /// <summary>Whether it is one of these symbols or words; the case matters.</summary>
    public bool Is(params ReadOnlySpan<string> contents) => Kind is TokenKind.Symbol or TokenKind.Word && contents.Contains(Content);
}

/// <summary>Splits a filter into tokens.</summary>
internal static partial class Tokenizer
{
    /// <exception cref="MilvusError">The filter contains a character that starts no token.</exception>
    public static List<Token> Split(string expression)
    {
        var tokens = new List<Token>();
        for (var position = 0; position < expression.Length;)
        {
            var match = Any().Match(expression, position);
            if (!match.Success)
            {
                throw Unexpected(expression, $"{expression[position]}", position);
            }

            var kind = Enum.Parse<TokenKind>(match.Groups.Values.Skip(1).First(group => group.Success).Name);
            if (kind is not TokenKind.Space)
            {
                tokens.Add(new(kind, match.Value, position));
            }

            position += match.Length;
        }

        tokens.Add(new(TokenKind.End, "the end", expression.Length));
        return tokens;
    }

    public static MilvusError Unexpected(string expression, string text, int position) => MilvusError.InvalidFilter(
        expression,
        $"unexpected '{text}' at position {position}; the Milvus emulator supports ==, !=, <, <=, >, >=, in, not in, like, and, or, not");

    [GeneratedRegex(
        """
        \G(?: (?<Space>\s+)
            | (?<Text>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
            | (?<Float>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)? | [0-9]+[eE][+-]?[0-9]+)
            | (?<Integer>0 | [1-9][0-9]*)
            | (?<Symbol>not\ in\b | [=!<>]= | && | \|\| | [-<>()\[\],!+])
            | (?<Word>[A-Za-z_][A-Za-z_0-9]* | \$meta\b))
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline)]
    private static partial Regex Any();
}
