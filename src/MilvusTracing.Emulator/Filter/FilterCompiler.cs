using System.Globalization;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Filter;

/// <summary>A filter, and the keys where it is nothing but <c>key == value</c> or <c>key in [values]</c>.</summary>
internal sealed record CompiledFilter(Func<Row, bool> Condition, IReadOnlyList<object>? Keys);

/// <summary>Checks a filter against a schema and makes a condition of it.</summary>
internal sealed class FilterCompiler(string expression, Schema schema)
{

    /// <summary>The condition that the expression states. Every row meets an empty one.</summary>
    public static CompiledFilter Compile(string expression, Schema schema)
    {
        if (string.IsNullOrWhiteSpace(expression))
        {
            return new(_ => true, null);
        }

        var parsed = FilterParser.Parse(expression);
        var compiler = new FilterCompiler(expression, schema);
        return parsed is Constant or Reference
            ? throw new FilterException($"predicate is not a boolean expression: {expression}, data type: {compiler.TypeOf(parsed)}")
            : new(compiler.Condition(parsed), compiler.Keys(parsed));
    }

    private Func<Row, bool> Condition(Expression part) => part switch
    {
        Conjunction all => All(Operands(all.Operands, "and")),
        Disjunction any => Any(Operands(any.Operands, "or")),
        Negation { Operand: Constant or Reference } => throw Invalid("not op can only be applied on boolean expression"),
        Negation negation => Not(Condition(negation.Operand)),
        Comparison comparison => Compare(comparison),
        Membership membership => IsMember(membership),
        Like like => Matches(like),
        _ => throw Invalid("a value stands where a condition is expected"),
    };

    private static Func<Row, bool> All(Func<Row, bool>[] conditions) => row => Array.TrueForAll(conditions, condition => condition(row));

    private static Func<Row, bool> Any(Func<Row, bool>[] conditions) => row => Array.Exists(conditions, condition => condition(row));

    private static Func<Row, bool> Not(Func<Row, bool> condition) => row => !condition(row);

    private Func<Row, bool>[] Operands(IReadOnlyList<Expression> operands, string word) =>
        operands.Any(operand => operand is Constant or Reference)
            ? throw Invalid($"'{word}' can only be used between boolean expressions")
            : [.. operands.Select(Condition)];

    private Func<Row, bool> Compare(Comparison comparison)
    {
        var order = Order(comparison.Left, comparison.Right);
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
            throw Invalid("'term' can only be used on non-const expression");
        }

        var field = Resolve(reference);
        foreach (var item in membership.Set)
        {
            if (field.Type is not DataType.Json && !CanHold(field.Type, item.Value))
            {
                throw Invalid($"value '{item.Text}' in list cannot be casted to {field.Type}");
            }
        }

        var wanted = !membership.Negated;
        if (field.Type is DataType.Json)
        {
            if (membership.Set.DistinctBy(item => item.Value.GetType()).Count() > 1)
            {
                throw Invalid("the list for a JSON value can only hold values of one type");
            }

            var orders = membership.Set.Select(item => Order(reference, item)).ToArray();
            return row => Array.Exists(orders, order => order(row) == 0) == wanted;
        }

        var set = membership.Set.Select(item => Convert(field.Type, item.Value)).ToHashSet();
        return row => set.Contains(row[field]) == wanted;
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
            throw Invalid($"unsupported pattern: {like.Pattern}, only prefix pattern match like ab% and equal match like ab(no wildcards) are supported");
        }

        var isPrefix = prefix.Length < like.Pattern.Length || prefix.Length == 0;
        bool IsMatch(string? text) => text is not null
            && (isPrefix ? text.StartsWith(prefix, StringComparison.Ordinal) : text == prefix);
        return field.Type is DataType.VarChar
            ? row => IsMatch((string)row[field])
            : row => IsMatch(Inside(row, field, reference) as string);
    }

    /// <summary>How the left value stands to the right one in a row; null where they cannot be compared.</summary>
    private Func<Row, int?> Order(Expression left, Expression right)
    {
        switch (left, right)
        {
            case (Constant, Reference):
                var reversed = Order(right, left);
                return row => -reversed(row);
            case (Reference reference, Constant { Value: var constant }):
                var field = Resolve(reference);
                if (field.Type is DataType.Json)
                {
                    return row => Inside(row, field, reference) is { } value ? Order(value, constant) : null;
                }

                CheckComparable(field, constant);
                var converted = Convert(field.Type, constant);
                return row => Order(row[field], converted);
            case (Reference one, Reference other):
                var (first, second) = (Resolve(one), Resolve(other));
                return IsNumber(first.Type) && IsNumber(second.Type)
                    ? row => Order(row[first], row[second])
                    : first.Type == second.Type && first.Type is DataType.VarChar or DataType.Bool
                    ? row => Order(row[first], row[second])
                    : DataType.Json == first.Type || DataType.Json == second.Type ? throw Invalid("the emulator compares JSON with constants only")
                    : throw Invalid($"comparisons between {first.Type} and {second.Type} are not supported");
            case (Constant, Constant):
                throw Invalid("constants cannot be compared with each other");
            case (Negation, _) or (_, Negation):
                throw Invalid("not op can only be applied on boolean expression"); // it binds tighter than a comparison
            default:
                throw Invalid("comparisons between conditions are not supported");
        }
    }

    private static int? Order(object left, object right) => (left, right) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (long x, long y) => x.CompareTo(y),
        (string or bool, _) or (_, string or bool) => null,
        _ => ToDouble(left).CompareTo(ToDouble(right)),
    };

    private static double ToDouble(object number) => System.Convert.ToDouble(number, CultureInfo.InvariantCulture);

    /// <summary>What stands in the JSON field, along the path: a string, bool, long or double; null for all else.</summary>
    private static object? Inside(Row row, Field field, Reference reference) =>
        ((JsonValue)row[field]).Find(reference.Name == field.Name ? reference.Path : [reference.Name, .. reference.Path]);

    /// <summary>The field of that name, or the dynamic field, where the name is looked up in it.</summary>
    private Field Resolve(Reference reference)
    {
        var named = schema.Find(reference.Name);
        var field = named ?? schema.Dynamic ?? throw Invalid($"field {reference.Name} not exist");
        if (field.Type is not DataType.Json && reference.Path.Count > 0)
        {
            throw Invalid($"{field.Type} data type not supported accessed with []");
        }

        return named is { Type: DataType.Json } && reference.Path.Count == 0
            ? throw Invalid("can not comparisons jsonField directly")
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

    private void CheckComparable(Field field, object constant)
    {
        if (CanHold(field.Type, constant))
        {
            return;
        }

        throw IsNumber(field.Type) && constant is double real
            ? Invalid($"cannot cast value to {field.Type}, value: float_val:{real.ToString(CultureInfo.InvariantCulture)} ")
            : Invalid($"comparisons between {field.Type}, element_type: None and {TypeOf(constant)} elementType: None are not supported");
    }

    private static bool CanHold(DataType type, object constant) => type switch
    {
        DataType.Bool => constant is bool,
        DataType.VarChar => constant is string,
        DataType.Float or DataType.Double => constant is long or double,
        DataType.FloatVector => false,
        _ => constant is long,
    };

    /// <summary>The constant as rows hold values of that type.</summary>
    private static object Convert(DataType type, object constant) => type switch
    {
        DataType.Float => (float)ToDouble(constant),
        DataType.Double => ToDouble(constant),
        _ => constant,
    };

    private static bool IsNumber(DataType type) => type is DataType.Int8 or DataType.Int16 or DataType.Int32 or DataType.Int64
        or DataType.Float or DataType.Double;

    private string TypeOf(Expression value) => value is Constant constant
        ? TypeOf(constant.Value)
        : schema.Find(((Reference)value).Name) is { } field ? field.Type.ToString()
        : schema.Dynamic is not null ? "JSON" : throw Invalid($"field {((Reference)value).Name} not exist");

    private static string TypeOf(object constant) => constant switch
    {
        bool => nameof(DataType.Bool),
        long => nameof(DataType.Int64),
        double => nameof(DataType.Double),
        _ => nameof(DataType.VarChar),
    };

    private FilterException Invalid(string reason) => FilterException.Invalid(expression, reason);
}
