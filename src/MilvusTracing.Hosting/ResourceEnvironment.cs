namespace Aspire.Hosting;

/// <summary>Evaluates the environment variables of a resource before the orchestrator does.</summary>
internal static class ResourceEnvironment
{
    /// <returns>The variables by name; a value is text, or a value provider that is not evaluated.</returns>
    internal static async Task<Dictionary<string, object>> EvaluateEnvironmentAsync(
        this IResource resource, DistributedApplicationExecutionContext execution, CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(execution, resource, [], cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        return context.EnvironmentVariables;
    }
}
