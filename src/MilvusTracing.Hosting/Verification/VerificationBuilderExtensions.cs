using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>Puts the verifier into the dashboard, and into <c>aspire resource {name} …</c>.</summary>
public static class VerificationBuilderExtensions
{
    internal const string VerifyCommandName = "verify-last-trace";
    internal const string ExplainCommandName = "explain-slowest-search";

    // Longer than a pass takes together with the 5 s for which Milvus's C++ core holds spans back.
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(15);

    /// <summary>The batch delay that Aspire sets for services in development.</summary>
    private static readonly TimeSpan ServiceExportDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Adds the command "Verify the last trace": checks that the resource's latest trace joined Milvus's spans, in Jaeger
    /// and in the dashboard alike, whichever of the two the application has, and answers with the verdict, the causes of a
    /// failure and a link to the trace in Jaeger. <c>aspire resource {name} verify-last-trace</c> runs it, too.
    /// </summary>
    /// <param name="builder">A resource that calls Milvus; its name is the service name of its traces.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddProject&lt;Projects.Shop&gt;("shop").WithReference(milvus).WithVerifyTraceCommand();
    /// </code>
    /// </example>
    public static IResourceBuilder<T> WithVerifyTraceCommand<T>(this IResourceBuilder<T> builder)
        where T : IResource =>
        builder.WithTraceCommand(
            VerifyCommandName,
            "Verify the last trace",
            "does it run from here into Milvus, in every place where its spans are kept?",
            "ClipboardCheckmark",
            "Reading the last trace. Its last spans can take a few seconds to arrive.",
            VerifyAsync,
            isHighlighted: true);

    /// <summary>
    /// Adds the command "Explain the slowest search": finds the slowest search among the resource's latest 50 traces and
    /// answers with what its time went on, from the client's network to Milvus's C++ core, and what to do about the largest
    /// part. <c>aspire resource {name} explain-slowest-search</c> runs it, too.
    /// </summary>
    /// <param name="builder">A resource that calls Milvus; its name is the service name of its traces.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddProject&lt;Projects.Shop&gt;("shop").WithReference(milvus).WithExplainCommand();
    /// </code>
    /// </example>
    public static IResourceBuilder<T> WithExplainCommand<T>(this IResourceBuilder<T> builder)
        where T : IResource =>
        builder.WithTraceCommand(
            ExplainCommandName,
            "Explain the slowest search",
            "where did its time go, and what would make it faster?",
            "TopSpeed",
            "Reading the last 50 traces.",
            ExplainAsync);

    /// <param name="builder">The resource.</param>
    /// <param name="name">The command's name for Aspire's command line.</param>
    /// <param name="displayName">What it is called in the dashboard.</param>
    /// <param name="question">What it answers.</param>
    /// <param name="icon">Its icon, out of Fluent UI's.</param>
    /// <param name="progress">What is shown while it runs.</param>
    /// <param name="run">Asks the backends about a service: whether the answer is good, the answer in a line, and all of it.</param>
    /// <param name="isHighlighted">Whether the dashboard shows it as a button.</param>
    private static IResourceBuilder<T> WithTraceCommand<T>(
        this IResourceBuilder<T> builder,
        string name,
        string displayName,
        string question,
        string icon,
        string progress,
        Func<TraceBackends, string, CancellationToken, Task<(bool IsGood, string Line, string Markdown)>> run,
        bool isHighlighted = false)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.WithCommand(
            name,
            displayName,
            async context =>
            {
                TraceBackends backends;
                try
                {
                    backends = TraceBackends.Of(context.Services);
                }
                catch (InvalidOperationException exception)
                {
                    return CommandResults.Failure(exception.Message);
                }

                using (backends)
                {
                    var (isGood, line, markdown) = await run(backends, builder.Resource.Name, context.CancellationToken).ConfigureAwait(false);
                    return isGood
                        ? CommandResults.Success(line, markdown, CommandResultFormat.Markdown, displayImmediately: true)
                        : CommandResults.Failure(line, new CommandResultData { Value = markdown, Format = CommandResultFormat.Markdown, DisplayImmediately = true });
                }
            },
            new CommandOptions
            {
                Description = $"{displayName}: {question}",
                IconName = icon,
                IsHighlighted = isHighlighted,
                Progress = new CommandProgressOptions { Message = progress },
            });
    }

    private static async Task<(bool IsGood, string Line, string Markdown)> VerifyAsync(TraceBackends backends, string service, CancellationToken cancellationToken)
    {
        var request = new VerificationRequest { Backends = backends.All, Service = service, Wait = Wait };
        if (backends.AreOfEmulator)
        {
            request = request with { ExportDelay = ServiceExportDelay };
        }

        var report = await TraceVerifier.VerifyAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false);
        return (report.Outcome == Outcome.Joined, report.ToVerdictLine(), report.ToMarkdown(backends.JaegerUrl));
    }

    private static async Task<(bool IsGood, string Line, string Markdown)> ExplainAsync(TraceBackends backends, string service, CancellationToken cancellationToken)
    {
        var explanation = await TraceExplainer.ExplainAsync(
            new ExplanationRequest { Backends = backends.All, Service = service, Operation = "search", Slowest = true, Wait = Wait }, cancellationToken).ConfigureAwait(false);
        var firstLine = explanation.ToPlainText().Split(Environment.NewLine)[0];
        return (explanation.Operations.Count > 0, firstLine, explanation.ToMarkdown(backends.JaegerUrl));
    }
}
