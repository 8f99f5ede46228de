using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Verification;

namespace Aspire.Hosting;

/// <summary>Puts the verifier into the dashboard.</summary>
public static class VerificationBuilderExtensions
{
    internal const string CommandName = "verify-last-trace";

    // Longer than a pass takes together with the 5 s for which Milvus's C++ core holds spans back.
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Adds the command "Verify the last trace": checks that the resource's latest trace joined Milvus's spans, in Jaeger
    /// and in the dashboard alike, whichever of the two the application has, and answers with the verdict, the causes of a
    /// failure and a link to the trace in Jaeger. <c>aspire resource {name} verify-last-trace</c> runs it, too.
    /// </summary>
    /// <param name="builder">A resource that calls Milvus; its name is the service name of its traces.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddProject&lt;Projects.Shop&gt;("shop").WithReference(milvus).WithVerifyCommand();
    /// </code>
    /// </example>
    public static IResourceBuilder<T> WithVerifyCommand<T>(this IResourceBuilder<T> builder)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.WithCommand(
            CommandName,
            "Verify the last trace",
            context => VerifyAsync(builder.Resource.Name, context),
            new CommandOptions
            {
                Description = "Verify the last trace: does it run from here into Milvus, in every place where its spans are kept?",
                IconName = "ClipboardCheckmark",
                IsHighlighted = true,
                Progress = new CommandProgressOptions { Message = "Reading the last trace. Its last spans can take a few seconds to arrive." },
            });
    }

    private static async Task<ExecuteCommandResult> VerifyAsync(string service, ExecuteCommandContext context)
    {
        var model = context.Services.GetRequiredService<DistributedApplicationModel>();
        var jaeger = model.Resources.OfType<JaegerResource>().FirstOrDefault();
        if (jaeger?.UIEndpoint.IsAllocated == false)
        {
            return CommandResults.Failure($"The resource '{jaeger.Name}' is not running, and so has no traces. Start it first.");
        }

        using var inJaeger = jaeger is null ? null : new JaegerBackend(new Uri(jaeger.UIEndpoint.Url));
        using var inDashboard = Dashboard(context.Services, model);
        var report = await TraceVerifier.VerifyAsync(
            new VerificationRequest
            {
                Backends = [.. new ITraceBackend?[] { inJaeger, inDashboard }.OfType<ITraceBackend>()],
                Service = service,
                Wait = Wait,
            },
            cancellationToken: context.CancellationToken).ConfigureAwait(false);

        var verdict = report.ToVerdictLine();
        var details = VerificationMarkdown.Of(report, jaeger is null ? null : new Uri(jaeger.UIEndpoint.Url));
        return report.Outcome == Outcome.Joined
            ? CommandResults.Success(verdict, details, CommandResultFormat.Markdown, displayImmediately: true)
            : CommandResults.Failure(verdict, new CommandResultData { Value = details, Format = CommandResultFormat.Markdown, DisplayImmediately = true });
    }

    private static DashboardBackend? Dashboard(IServiceProvider services, DistributedApplicationModel model) =>
        model.DashboardEndpoint() is { IsAllocated: true } endpoint
            ? new DashboardBackend(new Uri(endpoint.Url), services.GetRequiredService<IConfiguration>()["AppHost:DashboardApiKey"])
            : null;
}
