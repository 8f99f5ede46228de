using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace MilvusTracing.Emulator.Filter;

/// <summary>
/// Reads the part of Milvus's expression language that quick starts use: comparisons, chained ones, <c>in</c>,
/// <c>like</c>, <c>and</c>, <c>or</c>, <c>not</c>, and paths into JSON. Words count in lower case only.
/// </summary>
internal sealed partial class FilterParser(string expression)
{
    private readonly List<Token> _tokens = Tokenizer.Split(expression);
    private int _next;

    private Token Current => _tokens[_next];

    /// <exception cref="FilterException">It is no filter, or one that the emulator does not have.</exception>
    public static Expression Parse(string expression)
    {
        var parser = new FilterParser(expression);
        var result = parser.Any();
        return parser.Current.Kind is TokenKind.End ? result
            : throw (parser.IsArithmetic ? parser.Unexpected() : parser.Invalid($"invalid expression: {expression}"));
    }

    private bool IsArithmetic => Current.Is("+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "~");

    private Expression Any()
    {
        var operands = new List<Expression> { All() };
        while (Take("||", "or"))
        {
            operands.Add(All());
        }

        return operands is [var single] ? single : new Disjunction(operands);
    }

    private Expression All()
    {
        var operands = new List<Expression> { Condition() };
        while (Take("&&", "and"))
        {
            operands.Add(Condition());
        }

        return operands is [var single] ? single : new Conjunction(operands);
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
            [var lower, var upper] when IsRange(lower, upper) => new Conjunction(comparisons),
            _ => throw Invalid("comparisons can only be chained to a range, as in 1 < field <= 3"),
        };
    }

    private static bool IsRange(Comparison lower, Comparison upper) =>
        lower.Operator[0] == upper.Operator[0] && lower.Operator[0] is '<' or '>';

    private Expression Operand()
    {
        var negations = 0;
        while (Take("!", "not"))
        {
            negations++;
        }

        var operand = Primary();
        if (Take("like", "LIKE")) // binds tighter than not, unlike all else
        {
            operand = Current.Kind is TokenKind.Text ? new Like(operand, Unquoted(Advance().Content)) : throw Unexpected();
        }

        return negations == 0 ? operand : negations % 2 == 1 ? new Negation(operand) : new Negation(new Negation(operand));
    }

    private Expression Primary()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Invalid("nested too deeply for the emulator");
        }

        var token = Advance();
        switch (token.Kind)
        {
            case TokenKind.Text:
                return new Constant(Unquoted(token.Content), token.Content);
            case TokenKind.Integer:
                return new Constant(Integer(token.Content), token.Content);
            case TokenKind.Float:
                var real = double.Parse(token.Content, NumberStyles.Float, CultureInfo.InvariantCulture);
                return double.IsFinite(real) ? new Constant(real, token.Content) : throw Invalid($"strconv.ParseFloat: parsing \"{token.Content}\": value out of range");
            case TokenKind.Word when token.Is("true", "True", "TRUE"):
                return new Constant(true, token.Content);
            case TokenKind.Word when token.Is("false", "False", "FALSE"):
                return new Constant(false, token.Content);
            case TokenKind.Word when token.Is("exists", "EXISTS"):
                throw Invalid("the emulator has no 'exists'");
            case TokenKind.Word when Current.Is("("):
                throw Invalid($"the emulator has no function {token.Content}");
            case TokenKind.Word when !token.Is("and", "or", "in", "like", "LIKE"):
                return new Reference(token.Content, Path());
            case TokenKind.Symbol when token.Is("+", "-"):
                return Signed(token, Primary());
            case TokenKind.Symbol when token.Is("("):
                var inner = Any();
                return Take(")") ? inner : throw Invalid($"line 1:{Current.Position} missing ')' at '{Current.Content}'");
            default:
                _next--;
                throw Unexpected();
        }
    }

    private Constant Signed(Token sign, Expression operand) => operand switch
    {
        Constant { Value: long number } => new(sign.Is("-") ? -number : number, sign.Content + number),
        Constant { Value: double number } => new(sign.Is("-") ? -number : number, sign.Content + number),
        _ => throw Invalid($"unexpected op: {sign.Content}"),
    };

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
            var start = Current;
            values.Add(Primary() as Constant ?? throw Invalid($"value '{start.Content}' in list cannot be a non-const expression"));
            isOpen = Take(",") || Current.Is("]");
        }

        return isOpen ? values : throw Unexpected();
    }

    private long Integer(string text)
    {
        var (digits, radix) = text switch
        {
            ['0', 'x' or 'X', .. var hexadecimal] => (hexadecimal, 16),
            ['0', 'b' or 'B', .. var binary] => (binary, 2),
            ['0', .. { Length: > 0 } octal] => (octal, 8),
            _ => (text, 10),
        };
        try
        {
            var number = Convert.ToInt64(digits, radix);
            return number >= 0 ? number : throw new OverflowException();
        }
        catch (Exception wrong) when (wrong is OverflowException or FormatException)
        {
            throw Invalid($"strconv.ParseInt: parsing \"{text}\": value out of range");
        }
    }

    private string Unquoted(string text) => Escape().Replace(text[1..^1], escape => escape.ValueSpan[1] switch
    {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        '\\' or '"' or '\'' => escape.Value[1..],
        _ => throw Invalid($"the emulator has no escape {escape.Value}"),
    });

    private bool Take(params ReadOnlySpan<string> contents)
    {
        var found = Current.Is(contents);
        _next += found ? 1 : 0;
        return found;
    }

    private Token Advance() => Current.Kind is TokenKind.End ? throw Unexpected() : _tokens[_next++];

    private FilterException Unexpected() =>
        Invalid($"line 1:{Current.Position} {(IsArithmetic ? "the emulator has no arithmetic:" : "no viable alternative at input")} '{Current.Content}'");

    private FilterException Invalid(string reason) => FilterException.Invalid(expression, reason);

    [GeneratedRegex(@"\\.", RegexOptions.Singleline)]
    private static partial Regex Escape();
}
