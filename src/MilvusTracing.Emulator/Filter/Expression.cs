namespace MilvusTracing.Emulator.Filter;

/// <summary>A filter, or a part of it.</summary>
internal abstract record Expression;

/// <summary>A bool, long, double or string, and its source text.</summary>
internal sealed record Constant(object Value, string Text) : Expression;

/// <summary>A field, or the value in a JSON field at a path of member names and array indexes.</summary>
internal sealed record Reference(string Name, IReadOnlyList<object> Path) : Expression;

internal sealed record Comparison(Expression Left, string Operator, Expression Right) : Expression;

internal sealed record Membership(Expression Item, IReadOnlyList<Constant> Set, bool Negated) : Expression;

internal sealed record Like(Expression Text, string Pattern) : Expression;

internal sealed record Negation(Expression Operand) : Expression;

internal sealed record Conjunction(IReadOnlyList<Expression> Operands) : Expression;

internal sealed record Disjunction(IReadOnlyList<Expression> Operands) : Expression;
