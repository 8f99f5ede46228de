using System.Text.RegularExpressions;

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

/// <summary>A part of a filter as it stands, with the number of characters before it.</summary>
internal readonly record struct Token(TokenKind Kind, string Content, int Position)
{
    /// <summary>Whether it is one of these symbols or words, in this very case.</summary>
    public bool Is(params ReadOnlySpan<string> contents) => Kind is TokenKind.Symbol or TokenKind.Word && contents.Contains(Content);
}

/// <summary>Splits a filter into tokens.</summary>
internal static partial class Tokenizer
{
    /// <exception cref="FilterException">Something in it is none of Milvus's tokens.</exception>
    public static List<Token> Split(string expression)
    {
        var tokens = new List<Token>();
        for (var position = 0; position < expression.Length;)
        {
            var match = Any().Match(expression, position);
            if (!match.Success)
            {
                throw FilterException.Invalid(expression, $"line 1:{position} token recognition error at: '{expression[position]}'");
            }

            var kind = Enum.Parse<TokenKind>(match.Groups.Values.Skip(1).First(group => group.Success).Name);
            if (kind is not TokenKind.Space)
            {
                tokens.Add(new(kind, match.Value, position));
            }

            position += match.Length;
        }

        tokens.Add(new(TokenKind.End, "<EOF>", expression.Length));
        return tokens;
    }

    [GeneratedRegex(
        """
        \G(?: (?<Space>\s+)
            | (?<Text>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
            | (?<Float>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)? | [0-9]+[eE][+-]?[0-9]+)
            | (?<Integer>0[xX][0-9a-fA-F]+ | 0[bB][01]+ | [0-9]+)
            | (?<Symbol>not\ in\b | [=!<>]= | && | \|\| | \*\* | << | >> | [-<>()\[\],!+*/%&|^~])
            | (?<Word>[A-Za-z_][A-Za-z_0-9]* | \$meta\b))
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline)]
    private static partial Regex Any();
}
