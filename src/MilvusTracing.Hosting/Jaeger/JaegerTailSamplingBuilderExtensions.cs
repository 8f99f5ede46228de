namespace Aspire.Hosting;

/// <summary>Makes Jaeger a flight recorder: it keeps the traces that matter.</summary>
public static class JaegerTailSamplingBuilderExtensions
{
    /// <summary>
    /// Makes Jaeger decide on each whole trace whether it is kept, stored and relayed, when it has ended. Callers go on
    /// sampling all; metrics of the spans count all, too.
    /// </summary>
    /// <remarks>
    /// Jaeger decides 10 s after a trace's first span has come, twice the time for which Milvus's C++ core holds spans
    /// back; until then nobody sees the trace. Spans that come later follow the decision. It holds up to 20,000 traces
    /// meanwhile, 2,000 a second, which with 40 spans each take 0.4 GB; beyond that, the oldest are lost undecided. A
    /// trace that lasts longer than the wait is decided by its first part.
    /// </remarks>
    /// <param name="builder">The Jaeger resource.</param>
    /// <param name="policies">Which traces are kept: at least one policy.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">There is no policy, and so nothing would be kept.</exception>
    /// <example>
    /// Every failed and every slow trace, and one in a hundred of the rest:
    /// <code>
    /// builder.AddJaeger("jaeger")
    ///     .WithTailSampling(keep => keep.Errors().SlowerThan(TimeSpan.FromMilliseconds(500)).SampleOneIn(100));
    /// </code>
    /// </example>
    public static IResourceBuilder<JaegerResource> WithTailSampling(
        this IResourceBuilder<JaegerResource> builder, Action<TailSamplingPolicies> policies)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(policies);

        var keep = new TailSamplingPolicies();
        policies(keep);
        if (keep.IsEmpty)
        {
            throw new ArgumentException("Tail sampling without a policy keeps no trace; name one, as in keep => keep.Errors().", nameof(policies));
        }

        // The file's policies are for those who run a Jaeger of their own with it.
        return builder
            .WithConfig("tail-sampling.yaml")
            .WithArgs($"--set=processors.tail_sampling.policies={keep.ToYaml()}");
    }
}
