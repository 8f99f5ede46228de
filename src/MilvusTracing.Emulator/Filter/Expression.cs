namespace MilvusTracing.Emulator.Filter;

/// <summary>A filter, or a part of it, as it was written.</summary>
internal abstract record Expression;

/// <summary>A bool, long, double or string, and how it was written.</summary>
internal sealed record Constant(object Value, string Text) : Expression;

/// <summary>A field, or what is found in a JSON field along a path of names and positions.</summary>
internal sealed record Reference(string Name, IReadOnlyList<object> Path) : Expression;

internal sealed record Comparison(Expression Left, string Operator, Expression Right) : Expression;

internal sealed record Membership(Expression Item, IReadOnlyList<Constant> Set, bool Negated) : Expression;

internal sealed record Like(Expression Text, string Pattern) : Expression;

internal sealed record Negation(Expression Operand) : Expression;

internal sealed record Conjunction(IReadOnlyList<Expression> Operands) : Expression;

internal sealed record Disjunction(IReadOnlyList<Expression> Operands) : Expression;

/// <summary>A filter that is not one. The message is Milvus's: the expression and what is wrong with it.</summary>
internal sealed class FilterException(string message) : Exception(message)
{
    public static FilterException Invalid(string expression, string reason) =>
        new($"cannot parse expression: {expression}, error: {reason}");
}
