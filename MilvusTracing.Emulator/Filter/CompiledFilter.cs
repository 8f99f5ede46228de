using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Filter;

/// <summary>A filter, and the keys where it is nothing but <c>key == value</c> or <c>key in [values]</c>.</summary>
internal sealed record CompiledFilter(Func<Row, bool> Condition, IReadOnlyList<object>? Keys);
