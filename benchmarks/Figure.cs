namespace MilvusTracing.Benchmarks;

/// <summary>One thing to measure: its target and how to measure it.</summary>
/// <remarks>A target that does not apply to what runs (the emulator, say) is measured all the same and judged by nobody.</remarks>
internal abstract class Figure
{
    /// <summary>What <c>--only</c> selects it by.</summary>
    public abstract string Id { get; }

    public abstract Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken);
}

/// <summary>A row of the table.</summary>
/// <param name="Figure">What was measured.</param>
/// <param name="Target">What it should be, in words.</param>
/// <param name="Samples">Median, spread and number of samples; the last counts what the median was taken over.</param>
/// <param name="Unit">The unit of the numbers; empty for ratios and counts.</param>
/// <param name="Met">Whether the target was met; null where there is none to meet here.</param>
/// <param name="Note">How it was measured, in a few words.</param>
internal sealed record Row(string Figure, string Target, Samples Samples, string Unit, bool? Met, string Note);
