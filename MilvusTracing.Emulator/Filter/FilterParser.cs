using System.Globalization;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Filter;

/// <summary>
/// Reads the part of Milvus's expression language that quick starts use: comparisons, chained ones, <c>in</c>,
/// <c>like</c>, <c>and</c>, <c>or</c>, <c>not</c>, paths into JSON, and {templates}.
/// </summary>
internal sealed class FilterParser
{
    private const int MaxDepth = 200;

    private readonly string _expression;
    private readonly IReadOnlyDictionary<string, TemplateValue> _templates;
    private readonly List<Token> _tokens;
    private int _next;
    private int _depth;

    private FilterParser(string expression, IReadOnlyDictionary<string, TemplateValue> templates)
    {
        _expression = expression;
        _templates = templates;
        _tokens = Tokenizer.Split(expression);
    }

    private Token Current => _tokens[_next];

    public static Expression Parse(string expression, IReadOnlyDictionary<string, TemplateValue> templates)
    {
        var parser = new FilterParser(expression, templates);
        var result = parser.Any();
        return parser.Current.Kind is TokenKind.End ? result : throw parser.Unexpected();
    }

    private Expression Any()
    {
        if (++_depth > MaxDepth)
        {
            throw FilterException.Invalid(_expression, $"nested more than {MaxDepth} deep");
        }

        var operands = new List<Expression> { All() };
        while (Take("||", "or"))
        {
            operands.Add(All());
        }

        _depth--;
        return operands.Count == 1 ? operands[0] : new Disjunction(operands);
    }

    private Expression All()
    {
        var operands = new List<Expression> { Condition() };
        while (Take("&&", "and"))
        {
            operands.Add(Condition());
        }

        return operands.Count == 1 ? operands[0] : new Conjunction(operands);
    }

    private Expression Condition()
    {
        var left = Operand();
        if (Current.IsWord("in") || (Current.IsWord("not") && _tokens[_next + 1].IsWord("in")))
        {
            var negated = Advance().IsWord("not");
            _next += negated ? 1 : 0;
            return new Membership(left, Set(), negated);
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
            _ => throw FilterException.Invalid(_expression, "comparisons can only be chained to a range, as in 1 < field <= 3"),
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
        if (Current.IsWord("like")) // binds tighter than not, unlike all else
        {
            _next++;
            operand = Current.Kind is TokenKind.Text ? new Like(operand, Advance().Content) : throw Unexpected();
        }

        return negations == 0 ? operand : negations % 2 == 1 ? new Negation(operand) : new Negation(new Negation(operand));
    }

    private Expression Primary()
    {
        var token = Advance();
        switch (token.Kind)
        {
            case TokenKind.Text:
                return new Constant(token.Content);
            case TokenKind.Integer or TokenKind.Float:
                return Number(token, negative: false);
            case TokenKind.Template:
                return Template(token) is [var single] ? single : throw FilterException.Invalid(_expression, $"the value of {{{token.Content}}} is not a single one");
            case TokenKind.Identifier when token.Content is "true" or "True" or "TRUE":
                return new Constant(true);
            case TokenKind.Identifier when token.Content is "false" or "False" or "FALSE":
                return new Constant(false);
            case TokenKind.Identifier when token.IsWord("exists"):
                throw FilterException.Invalid(_expression, "the emulator has no 'exists'");
            case TokenKind.Identifier when Current.Is("("):
                throw FilterException.Invalid(_expression, $"the emulator has no function {token.Content}");
            case TokenKind.Identifier:
                return new Reference(token.Content, Path());
            case TokenKind.Symbol when token.Content == "-" && Current.Kind is TokenKind.Integer or TokenKind.Float:
                return Number(Advance(), negative: true);
            case TokenKind.Symbol when token.Content == "(":
                var inner = Any();
                return Current.Is(")") ? Skip(inner) : throw FilterException.Invalid(_expression, $"line 1:{Current.Position} missing ')' at '{Current}'");
            default:
                _next--;
                throw Unexpected();
        }
    }

    private List<object> Path()
    {
        var path = new List<object>();
        while (Current.Is("["))
        {
            _next++;
            path.Add(Current.Kind switch
            {
                TokenKind.Text => Current.Content,
                TokenKind.Integer when int.TryParse(Current.Content, CultureInfo.InvariantCulture, out var index) => index,
                _ => throw Unexpected(),
            });
            _next++;
            if (!Current.Is("]"))
            {
                throw Unexpected();
            }

            _next++;
        }

        return path;
    }

    private IReadOnlyList<Constant> Set()
    {
        if (Current.Kind is TokenKind.Template)
        {
            return Template(Advance());
        }

        if (!Current.Is("["))
        {
            throw Unexpected();
        }

        _next++;
        var values = new List<Constant>();
        while (!Current.Is("]"))
        {
            values.Add(Primary() as Constant ?? throw FilterException.Invalid(_expression, "the list of 'in' can only hold constants"));
            if (!Current.Is("]") && !Advance().Is(","))
            {
                _next--;
                throw Unexpected();
            }
        }

        _next++;
        return values;
    }

    private Constant Number(Token token, bool negative)
    {
        var text = token.Content;
        if (token.Kind is TokenKind.Float)
        {
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
                ? new(negative ? -real : real)
                : throw FilterException.Invalid(_expression, $"line 1:{token.Position} not a number: '{text}'");
        }

        var isHex = text.StartsWith("0x", StringComparison.Ordinal);
        var sign = negative ? "-" : "";
        var parsed = isHex
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            : long.TryParse(sign + text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
        return parsed
            ? new(isHex && negative ? -number : number)
            : throw FilterException.Invalid(_expression, $"strconv.ParseInt: parsing \"{sign}{text}\": value out of range");
    }

    private List<Constant> Template(Token token)
    {
        if (!_templates.TryGetValue(token.Content, out var value))
        {
            throw FilterException.Invalid(_expression, $"the value of expression template variable name {{{token.Content}}} is not found");
        }

        return value.ValCase switch
        {
            TemplateValue.ValOneofCase.BoolVal => [new(value.BoolVal)],
            TemplateValue.ValOneofCase.Int64Val => [new(value.Int64Val)],
            TemplateValue.ValOneofCase.FloatVal => [new(value.FloatVal)],
            TemplateValue.ValOneofCase.StringVal => [new(value.StringVal)],
            TemplateValue.ValOneofCase.ArrayVal => value.ArrayVal.DataCase switch
            {
                TemplateArrayValue.DataOneofCase.BoolData => [.. value.ArrayVal.BoolData.Data.Select(item => new Constant(item))],
                TemplateArrayValue.DataOneofCase.LongData => [.. value.ArrayVal.LongData.Data.Select(item => new Constant(item))],
                TemplateArrayValue.DataOneofCase.DoubleData => [.. value.ArrayVal.DoubleData.Data.Select(item => new Constant(item))],
                TemplateArrayValue.DataOneofCase.StringData => [.. value.ArrayVal.StringData.Data.Select(item => new Constant(item))],
                TemplateArrayValue.DataOneofCase.None => [],
                _ => throw FilterException.Invalid(_expression, $"the emulator has no lists of mixed types, as in {{{token.Content}}}"),
            },
            _ => throw FilterException.Invalid(_expression, $"{{{token.Content}}} has no value"),
        };
    }

    private bool Take(string symbol, string word)
    {
        var found = Current.Is(symbol) || Current.IsWord(word);
        _next += found ? 1 : 0;
        return found;
    }

    private Token Advance() => Current.Kind is TokenKind.End ? throw Unexpected() : _tokens[_next++];

    private Expression Skip(Expression result)
    {
        _next++;
        return result;
    }

    private FilterException Unexpected() => Current.Is("+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "~")
        ? FilterException.Invalid(_expression, $"line 1:{Current.Position} the emulator has no arithmetic: '{Current}'")
        : FilterException.Invalid(_expression, $"line 1:{Current.Position} no viable alternative at input '{Current}'");
}
