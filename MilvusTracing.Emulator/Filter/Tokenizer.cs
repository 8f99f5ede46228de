using System.Text;

namespace MilvusTracing.Emulator.Filter;

/// <summary>Splits a filter into tokens.</summary>
internal static class Tokenizer
{
    private static readonly string[] Symbols =
        ["==", "!=", "<=", ">=", "&&", "||", "**", "<<", ">>", "<", ">", "(", ")", "[", "]", ",", "!", "-", "+", "*", "/", "%", "&", "|", "^", "~"];

    public static List<Token> Split(string expression)
    {
        var tokens = new List<Token>();
        var position = 0;
        while (true)
        {
            while (position < expression.Length && char.IsWhiteSpace(expression[position]))
            {
                position++;
            }

            if (position == expression.Length)
            {
                tokens.Add(new(TokenKind.End, "", position));
                return tokens;
            }

            var token = Next(expression, ref position);
            tokens.Add(token);
        }
    }

    private static Token Next(string expression, ref int position)
    {
        var start = position;
        var first = expression[position];
        if (first is '"' or '\'')
        {
            return new(TokenKind.Text, Quoted(expression, ref position), start);
        }

        if (char.IsAsciiDigit(first) || (first == '.' && start + 1 < expression.Length && char.IsAsciiDigit(expression[start + 1])))
        {
            return Number(expression, ref position);
        }

        if (first is '_' or '$' || char.IsLetter(first))
        {
            return new(TokenKind.Identifier, Run(expression, ref position, c => c is '_' or '$' || char.IsLetterOrDigit(c)), start);
        }

        if (first == '{' && expression.IndexOf('}', start) is > 0 and var end)
        {
            position = end + 1;
            return new(TokenKind.Template, expression[(start + 1)..end].Trim(), start);
        }

        if (Symbols.FirstOrDefault(symbol => string.CompareOrdinal(expression, start, symbol, 0, symbol.Length) == 0) is not { } known)
        {
            throw FilterException.Invalid(expression, $"line 1:{start} token recognition error at: '{first}'");
        }

        position += known.Length;
        return new(TokenKind.Symbol, known, start);
    }

    private static Token Number(string expression, ref int position)
    {
        var start = position;
        if (expression[start] == '0' && start + 1 < expression.Length && expression[start + 1] is 'x' or 'X')
        {
            position += 2;
            return new(TokenKind.Integer, "0x" + Run(expression, ref position, char.IsAsciiHexDigit), start);
        }

        Run(expression, ref position, char.IsAsciiDigit);
        var isFloat = false;
        if (position < expression.Length && expression[position] == '.')
        {
            isFloat = true;
            position++;
            Run(expression, ref position, char.IsAsciiDigit);
        }

        if (position < expression.Length && expression[position] is 'e' or 'E')
        {
            isFloat = true;
            position++;
            if (position < expression.Length && expression[position] is '+' or '-')
            {
                position++;
            }

            Run(expression, ref position, char.IsAsciiDigit);
        }

        return new(isFloat ? TokenKind.Float : TokenKind.Integer, expression[start..position], start);
    }

    private static string Run(string expression, ref int position, Func<char, bool> belongs)
    {
        var start = position;
        while (position < expression.Length && belongs(expression[position]))
        {
            position++;
        }

        return expression[start..position];
    }

    private static string Quoted(string expression, ref int position)
    {
        var start = position;
        var quote = expression[position++];
        var text = new StringBuilder();
        while (position < expression.Length && expression[position] != quote)
        {
            var next = expression[position++];
            if (next == '\\' && position < expression.Length)
            {
                next = expression[position++] switch
                {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    var itself and ('\\' or '"' or '\'') => itself,
                    var other => throw FilterException.Invalid(expression, $"line 1:{position - 2} the emulator has no escape \\{other}"),
                };
            }

            text.Append(next);
        }

        if (position == expression.Length)
        {
            throw FilterException.Invalid(expression, $"line 1:{start} token recognition error at: '{expression[start..]}'");
        }

        position++;
        return text.ToString();
    }
}
