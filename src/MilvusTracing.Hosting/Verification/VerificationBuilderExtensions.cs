using MilvusTracing.Verification;

namespace Aspire.Hosting;

/// <summary>Adds commands to resources that call Milvus: in the dashboard, and as <c>aspire resource {name} {command}</c>.</summary>
public static class VerificationBuilderExtensions
{
    internal const string VerifyCommandName = "verify-last-trace";
    internal const string ExplainCommandName = "explain-slowest-search";

    /// <summary>Longer than one pass of the example takes, plus the 5 s for which Milvus's C++ core buffers spans.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Adds the command "Verify the last trace", <c>verify-last-trace</c>. It checks that the resource's latest trace includes
    /// Milvus's spans, in Jaeger and in the dashboard, where the application has them. It shows the verdict, the causes of a failure
    /// and links to the trace in the dashboard and in Jaeger.
    /// </summary>
    /// <remarks>
    /// The command waits up to two minutes for a first trace. If none arrives it fails with a message that begins with
    /// <c>could not check:</c>. A trace that is not joined fails with <c>not joined:</c>.
    /// </remarks>
    /// <typeparam name="T">The type of the resource.</typeparam>
    /// <param name="builder">A resource that calls Milvus. Its environment may name the service (<c>OTEL_SERVICE_NAME</c>).</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddProject&lt;Projects.Shop&gt;("shop").WithReference(milvus).WithVerifyTraceCommand();
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<T> WithVerifyTraceCommand<T>(this IResourceBuilder<T> builder)
        where T : IResource =>
        builder.WithTraceCommand(
            VerifyCommandName,
            "Verify the last trace",
            new()
            {
                Description = "Checks that the last trace includes Milvus's spans, in Jaeger and in the dashboard.",
                IconName = "ClipboardCheckmark",
                IsHighlighted = true,
            },
            VerifyAsync);

    /// <summary>
    /// Adds the command "Explain the slowest search", <c>explain-slowest-search</c>. It finds the slowest search in the resource's
    /// latest 50 traces and shows where its time went, from the client's network to Milvus's C++ core, what it did differently from
    /// the median search, and what to do about the largest parts.
    /// </summary>
    /// <remarks>The command waits for a first trace as that of <see cref="WithVerifyTraceCommand"/> does.</remarks>
    /// <typeparam name="T">The type of the resource.</typeparam>
    /// <param name="builder">A resource that calls Milvus. Its environment may name the service (<c>OTEL_SERVICE_NAME</c>).</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddProject&lt;Projects.Shop&gt;("shop").WithReference(milvus).WithExplainCommand();
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<T> WithExplainCommand<T>(this IResourceBuilder<T> builder)
        where T : IResource =>
        builder.WithTraceCommand(
            ExplainCommandName,
            "Explain the slowest search",
            new() { Description = "Shows where the time of the slowest search in the last 50 traces went.", IconName = "TopSpeed" },
            ExplainAsync);

    private static IResourceBuilder<T> WithTraceCommand<T>(
        this IResourceBuilder<T> builder,
        string name,
        string displayName,
        CommandOptions options,
        Func<TraceBackends, CancellationToken, Task<ExecuteCommandResult>> run)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);

        options.Progress = new CommandProgressOptions
        {
            Message = "Reading traces. The last spans of a trace can take some seconds to arrive, a first trace up to two minutes.",
        };
        return builder.WithCommand(
            name,
            displayName,
            async context =>
            {
                TraceBackends backends;
                try
                {
                    backends = await TraceBackends.OfAsync(builder.Resource, context.Services, context.CancellationToken).ConfigureAwait(false);
                }
                catch (InvalidOperationException exception)
                {
                    return CommandResults.Failure($"could not check: {exception.Message}");
                }

                using (backends)
                {
                    var reason = await FirstTrace.WaitAsync(builder.Resource, backends, context.Services, context.CancellationToken).ConfigureAwait(false);
                    return reason is not null
                        ? CommandResults.Failure($"could not check: {reason}")
                        : await run(backends, context.CancellationToken).ConfigureAwait(false);
                }
            },
            options);
    }

    private static async Task<ExecuteCommandResult> VerifyAsync(TraceBackends backends, CancellationToken cancellationToken)
    {
        var report = await backends.VerifyAsync(trace: null, Wait, cancellationToken).ConfigureAwait(false);
        return Result(report.Outcome == Outcome.Joined, report.ToVerdictLine(), report.ToMarkdown(backends.JaegerUrl, backends.DashboardUrl));
    }

    private static async Task<ExecuteCommandResult> ExplainAsync(TraceBackends backends, CancellationToken cancellationToken)
    {
        var explanation = await TraceExplainer.ExplainAsync(
            new ExplanationRequest { Backends = backends.All, Service = backends.Service, Operation = "search", Slowest = true, Wait = Wait },
            cancellationToken).ConfigureAwait(false);
        var message = explanation.Operations.FirstOrDefault()?.Difference?.ToString() ?? explanation.ToPlainText().Split(Environment.NewLine)[0];
        return Result(explanation.Operations.Count > 0, message, explanation.ToMarkdown(backends.JaegerUrl, backends.DashboardUrl));
    }

    private static ExecuteCommandResult Result(bool isSuccess, string message, string markdown)
    {
        var data = new CommandResultData { Value = markdown, Format = CommandResultFormat.Markdown, DisplayImmediately = true };
        return isSuccess ? CommandResults.Success(message, data) : CommandResults.Failure(message, data);
    }
}
