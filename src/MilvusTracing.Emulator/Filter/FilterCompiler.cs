using System.Globalization;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Filter;

/// <summary>A filter as a condition on rows.</summary>
/// <param name="Condition">The condition.</param>
/// <param name="Keys">The primary keys, where the filter is only <c>key == value</c> or <c>key in [values]</c>; null otherwise.</param>
internal sealed record CompiledFilter(Func<Row, bool> Condition, IReadOnlyList<object>? Keys);

/// <summary>Checks a filter against a schema and compiles it to a condition.</summary>
internal sealed class FilterCompiler(string expression, Schema schema)
{
    /// <summary>Compiles a filter. An empty one matches every row.</summary>
    /// <exception cref="MilvusError">The filter is invalid or not supported.</exception>
    public static CompiledFilter Compile(string expression, Schema schema)
    {
        if (string.IsNullOrWhiteSpace(expression))
        {
            return new(_ => true, null);
        }

        var parsed = FilterParser.Parse(expression);
        var compiler = new FilterCompiler(expression, schema);
        return new(compiler.Condition(parsed), compiler.Keys(parsed));
    }

    private Func<Row, bool> Condition(Expression part) => part switch
    {
        Conjunction all => All([.. all.Operands.Select(Condition)]),
        Disjunction any => Any([.. any.Operands.Select(Condition)]),
        Negation negation => Not(Condition(negation.Operand)),
        Comparison comparison => Compare(comparison),
        Membership membership => IsMember(membership),
        Like like => Matches(like),
        _ => throw Invalid("predicate is not a boolean expression"),
    };

    private static Func<Row, bool> All(Func<Row, bool>[] conditions) => row => Array.TrueForAll(conditions, condition => condition(row));

    private static Func<Row, bool> Any(Func<Row, bool>[] conditions) => row => Array.Exists(conditions, condition => condition(row));

    private static Func<Row, bool> Not(Func<Row, bool> condition) => row => !condition(row);

    private Func<Row, bool> Compare(Comparison comparison)
    {
        var order = comparison switch
        {
            { Left: Reference reference, Right: Constant constant } => Order(reference, constant),
            { Left: Constant constant, Right: Reference reference } => Reversed(Order(reference, constant)),
            _ => throw Invalid("the Milvus emulator compares fields with constants only"),
        };
        return comparison.Operator switch
        {
            "==" => row => order(row) == 0,
            "!=" => row => order(row) != 0,
            "<" => row => order(row) < 0,
            "<=" => row => order(row) <= 0,
            ">" => row => order(row) > 0,
            _ => row => order(row) >= 0,
        };
    }

    private Func<Row, bool> IsMember(Membership membership)
    {
        if (membership.Item is not Reference reference)
        {
            throw Invalid("'in' needs a field on its left side");
        }

        if (membership.Set.DistinctBy(item => item.Value.GetType()).Count() > 1 && Resolve(reference).Type is DataType.Json)
        {
            throw Invalid("the list for a JSON value can only contain values of one type");
        }

        var orders = membership.Set.Select(item => Order(reference, item)).ToArray();
        var wanted = !membership.Negated;
        return row => Array.Exists(orders, order => order(row) == 0) == wanted;
    }

    private Func<Row, bool> Matches(Like like)
    {
        if (like.Text is not Reference reference || Resolve(reference) is not { Type: DataType.VarChar or DataType.Json } field)
        {
            throw Invalid("like operation on non-string or no-json field is unsupported");
        }

        var prefix = like.Pattern.TrimEnd('%');
        if (prefix.Contains('%', StringComparison.Ordinal))
        {
            throw Invalid($"unsupported pattern: {like.Pattern}, only prefix patterns such as ab% are supported");
        }

        var isPrefix = prefix.Length < like.Pattern.Length || prefix.Length == 0;
        return row => ValueIn(row, field, reference) is string text
            && (isPrefix ? text.StartsWith(prefix, StringComparison.Ordinal) : text == prefix);
    }

    private static Func<Row, int?> Reversed(Func<Row, int?> order) => row => -order(row);

    /// <summary>Compares the value in a row with a constant; null where they are of types that cannot be compared.</summary>
    private Func<Row, int?> Order(Reference reference, Constant constant)
    {
        var field = Resolve(reference);
        var isComparable = field.Type switch
        {
            DataType.Json => true,
            DataType.Bool => constant.Value is bool,
            DataType.VarChar => constant.Value is string,
            DataType.Float or DataType.Double => constant.Value is long or double,
            DataType.FloatVector => false,
            _ => constant.Value is long,
        };
        if (!isComparable)
        {
            throw Invalid($"field {field.Name} of type {field.Type} cannot be compared with {constant.Text}");
        }

        // A Float field holds single precision: compare it with the constant in the same precision.
        var value = field.Type is DataType.Float ? (float)ToDouble(constant.Value) : constant.Value;
        return row => Order(ValueIn(row, field, reference), value);
    }

    private static int? Order(object? left, object right) => (left, right) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (long x, long y) => x.CompareTo(y),
        (null or string or bool, _) or (_, string or bool) => null,
        _ => ToDouble(left).CompareTo(ToDouble(right)),
    };

    private static double ToDouble(object number) => Convert.ToDouble(number, CultureInfo.InvariantCulture);

    private static object? ValueIn(Row row, Field field, Reference reference) =>
        row[field] is JsonValue json ? json.Find(reference.Name == field.Name ? reference.Path : [reference.Name, .. reference.Path]) : row[field];

    /// <summary>Returns the field of that name, or the dynamic field where the schema has no such field.</summary>
    private Field Resolve(Reference reference)
    {
        var named = schema.Find(reference.Name);
        var field = named ?? schema.Dynamic ?? throw Invalid($"field {reference.Name} not exist");
        return field.Type is not DataType.Json && reference.Path.Count > 0 ? throw Invalid($"field {field.Name} is not JSON, so it has no members")
            : named is { Type: DataType.Json } && reference.Path.Count == 0 ? throw Invalid($"compare a member of JSON field {field.Name}")
            : field;
    }

    private IReadOnlyList<object>? Keys(Expression filter)
    {
        bool IsKey(Expression item) => item is Reference { Path.Count: 0 } reference && reference.Name == schema.Key.Name;
        return filter switch
        {
            Membership { Negated: false } membership when IsKey(membership.Item) => [.. membership.Set.Select(item => item.Value)],
            Comparison { Operator: "==", Right: Constant constant } comparison when IsKey(comparison.Left) => [constant.Value],
            Comparison { Operator: "==", Left: Constant constant } comparison when IsKey(comparison.Right) => [constant.Value],
            _ => null,
        };
    }

    private MilvusError Invalid(string reason) => MilvusError.InvalidFilter(expression, reason);
}
