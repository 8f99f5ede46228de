namespace Aspire.Hosting;

internal static class TracesSamplerExtensions
{
    /// <summary>
    /// Hands the AppHost's own <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_TRACES_SAMPLER_ARG</c> on, where set. In
    /// development Aspire would else override them with <c>always_on</c>.
    /// </summary>
    public static IResourceBuilder<T> WithTracesSampler<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment
    {
        foreach (var name in (string[])["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"])
        {
            if (builder.ApplicationBuilder.Configuration[name] is { Length: > 0 } value)
            {
                builder.WithEnvironment(name, value);
            }
        }

        return builder;
    }
}
