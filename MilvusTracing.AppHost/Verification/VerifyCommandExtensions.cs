using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Verification;

namespace Aspire.Hosting;

/// <summary>Puts the verifier into the dashboard.</summary>
public static class VerifyCommandExtensions
{
    internal const string CommandName = "verify-last-trace";

    // Longer than a pass takes together with the 5 s for which Milvus's C++ core holds spans back.
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Adds the command "Verify the last trace": checks in Jaeger and in the dashboard that the resource's latest trace
    /// joined Milvus's spans, and answers with the verdict, the causes of a failure and a link to the trace in Jaeger.
    /// </summary>
    /// <param name="builder">A resource that calls Milvus; its name is the service name of its traces.</param>
    /// <param name="jaeger">Where its traces are.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddProject&lt;Projects.Api&gt;("api").WithReference(milvus).WithReference(jaeger).WithVerifyCommand(jaeger);
    /// </code>
    /// </example>
    public static IResourceBuilder<T> WithVerifyCommand<T>(this IResourceBuilder<T> builder, IResourceBuilder<JaegerResource> jaeger)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(jaeger);

        return builder.WithCommand(
            CommandName,
            "Verify the last trace",
            context => VerifyAsync(builder.Resource.Name, jaeger.Resource, context),
            new CommandOptions
            {
                Description = "Verify the last trace: does it run from here into Milvus, in Jaeger and in this dashboard alike?",
                IconName = "ClipboardCheckmark",
                IsHighlighted = true,
                Progress = new CommandProgressOptions { Message = "Reading the last trace. Its last spans can take a few seconds to arrive." },
            });
    }

    private static async Task<ExecuteCommandResult> VerifyAsync(string service, JaegerResource jaeger, ExecuteCommandContext context)
    {
        if (!jaeger.UIEndpoint.IsAllocated)
        {
            return CommandResults.Failure($"The resource '{jaeger.Name}' is not running, and so has no traces. Start it first.");
        }

        var jaegerUrl = new Uri(jaeger.UIEndpoint.Url);
        using var inJaeger = new JaegerBackend(jaegerUrl);
        using var inDashboard = Dashboard(context.Services);
        var report = await TraceVerifier.VerifyAsync(
            new VerificationRequest
            {
                Backends = inDashboard is null ? [inJaeger] : [inJaeger, inDashboard],
                Service = service,
                Wait = Wait,
            },
            cancellationToken: context.CancellationToken);

        var verdict = report.ToVerdictLine();
        var details = VerificationMarkdown.Of(report, jaegerUrl);
        return report.Outcome == Outcome.Joined
            ? CommandResults.Success(verdict, details, CommandResultFormat.Markdown, displayImmediately: true)
            : CommandResults.Failure(verdict, new CommandResultData { Value = details, Format = CommandResultFormat.Markdown, DisplayImmediately = true });
    }

    private static DashboardBackend? Dashboard(IServiceProvider services) =>
        services.GetRequiredService<DistributedApplicationModel>().DashboardEndpoint() is { IsAllocated: true } endpoint
            ? new DashboardBackend(new Uri(endpoint.Url), services.GetRequiredService<IConfiguration>()["AppHost:DashboardApiKey"])
            : null;
}
