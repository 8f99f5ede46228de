using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MilvusTracing.Emulator.Errors;

namespace MilvusTracing.Emulator.Filter;

/// <summary>
/// Parses the subset of Milvus's filter language that quick starts use: comparisons, ranges such as <c>1 &lt; n &lt;= 3</c>,
/// <c>in</c>, <c>like</c>, <c>and</c>, <c>or</c>, <c>not</c>, and paths into JSON. Keywords are in lower case, as in Milvus 2.3.
/// </summary>
internal sealed partial class FilterParser(string expression)
{
    private readonly List<Token> _tokens = Tokenizer.Split(expression);
    private int _next;

    private Token Current => _tokens[_next];

    /// <exception cref="MilvusError">The filter is invalid or not supported.</exception>
    public static Expression Parse(string expression)
    {
        var parser = new FilterParser(expression);
        var result = parser.Any();
        return parser.Current.Kind is TokenKind.End ? result : throw parser.Unexpected();
    }

    private Expression Any() => Chain(All, operands => new Disjunction(operands), "||", "or");

    private Expression All() => Chain(Condition, operands => new Conjunction(operands), "&&", "and");

    private Expression Chain(Func<Expression> operand, Func<IReadOnlyList<Expression>, Expression> combine, string symbol, string word)
    {
        var operands = new List<Expression> { operand() };
        while (Take(symbol, word))
        {
            operands.Add(operand());
        }

        return operands is [var single] ? single : combine(operands);
    }

    private Expression Condition()
    {
        var left = Operand();
        if (Current.Is("in", "not in"))
        {
            return new Membership(left, Negated: Advance().Is("not in"), Set: Set());
        }

        var comparisons = new List<Comparison>();
        while (Current.Is("==", "!=", "<", "<=", ">", ">="))
        {
            var symbol = Advance().Content;
            var right = Operand();
            comparisons.Add(new Comparison(left, symbol, right));
            left = right;
        }

        return comparisons switch
        {
            [] => left,
            [var single] => single,
            [var lower, var upper] when lower.Operator[0] == upper.Operator[0] && lower.Operator[0] is '<' or '>' => new Conjunction(comparisons),
            _ => throw Invalid("comparisons can only be chained to a range, such as 1 < field <= 3"),
        };
    }

    private Expression Operand()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Invalid("the filter is nested too deeply");
        }

        if (Take("!", "not"))
        {
            return new Negation(Operand());
        }

        var operand = Primary();
        return !Take("like", "LIKE") ? operand
            : Current.Kind is TokenKind.Text ? new Like(operand, Unquoted(Advance().Content))
            : throw Unexpected();
    }

    private Expression Primary()
    {
        var token = Advance();
        switch (token.Kind)
        {
            case TokenKind.Text:
                return new Constant(Unquoted(token.Content), token.Content);
            case TokenKind.Integer or TokenKind.Float:
                return Number(token, "");
            case TokenKind.Symbol when token.Is("+", "-"):
                return Current.Kind is TokenKind.Integer or TokenKind.Float ? Number(Advance(), token.Content) : throw Unexpected();
            case TokenKind.Word when token.Is("true", "True", "TRUE", "false", "False", "FALSE"):
                return new Constant(bool.Parse(token.Content), token.Content);
            case TokenKind.Word when !token.Is("and", "or", "in", "like", "LIKE"):
                return new Reference(token.Content, Path());
            case TokenKind.Symbol when token.Is("("):
                var inner = Any();
                return Take(")") ? inner : throw Unexpected();
            default:
                _next--;
                throw Unexpected();
        }
    }

    private Constant Number(Token token, string sign)
    {
        var text = sign + token.Content;
        if (token.Kind is TokenKind.Integer && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            return new(integer, text);
        }

        var real = double.Parse(text, CultureInfo.InvariantCulture);
        return token.Kind is TokenKind.Float && double.IsFinite(real) ? new(real, text) : throw Invalid($"{text} is out of range");
    }

    private List<object> Path()
    {
        var path = new List<object>();
        while (Take("["))
        {
            path.Add(Current.Kind switch
            {
                TokenKind.Text => Unquoted(Current.Content),
                TokenKind.Integer when int.TryParse(Current.Content, CultureInfo.InvariantCulture, out var index) => index,
                _ => throw Unexpected(),
            });
            _next++;
            if (!Take("]"))
            {
                throw Unexpected();
            }
        }

        return path;
    }

    private List<Constant> Set()
    {
        var values = new List<Constant>();
        var isOpen = Take("[");
        while (isOpen && !Take("]"))
        {
            values.Add(Primary() as Constant ?? throw Invalid("a list can only contain constants"));
            isOpen = Take(",") || Current.Is("]");
        }

        return isOpen ? values : throw Unexpected();
    }

    private string Unquoted(string text) => Escape().Replace(text[1..^1], escape => escape.ValueSpan[1] switch
    {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        '\\' or '"' or '\'' => escape.Value[1..],
        _ => throw Invalid($"the Milvus emulator has no escape sequence {escape.Value}"),
    });

    private bool Take(params ReadOnlySpan<string> contents)
    {
        var found = Current.Is(contents);
        _next += found ? 1 : 0;
        return found;
    }

    private Token Advance() => Current.Kind is TokenKind.End ? throw Unexpected() : _tokens[_next++];

    private MilvusError Unexpected() => Tokenizer.Unexpected(expression, Current.Content, Current.Position);

    private MilvusError Invalid(string reason) => MilvusError.InvalidFilter(expression, reason);

    [GeneratedRegex(@"\\.", RegexOptions.Singleline)]
    private static partial Regex Escape();
}
