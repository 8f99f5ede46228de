namespace Aspire.Hosting;

/// <summary>Finds the <c>service.name</c> of a resource's traces.</summary>
internal static class ServiceName
{
    /// <summary>
    /// Returns what the resource's environment says, by
    /// <see href="https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/">OpenTelemetry's specification</see>,
    /// and else the resource's name, which Aspire sets. All replicas have it.
    /// </summary>
    public static async Task<string> OfAsync(IResource resource, IServiceProvider services, CancellationToken cancellationToken)
    {
        var execution = new DistributedApplicationExecutionContext(
            new DistributedApplicationExecutionContextOptions(DistributedApplicationOperation.Run) { Services = services });
        var environment = await resource.EvaluateEnvironmentAsync(execution, cancellationToken).ConfigureAwait(false);

        // The orchestrator replaces the template that Aspire sets by the resource's name.
        var name = await ReadAsync("OTEL_SERVICE_NAME").ConfigureAwait(false)
            ?? OfAttributes(await ReadAsync("OTEL_RESOURCE_ATTRIBUTES").ConfigureAwait(false));
        return name?.Contains("{{", StringComparison.Ordinal) == false ? name : resource.Name;

        async Task<string?> ReadAsync(string variable) => environment.GetValueOrDefault(variable) switch
        {
            string { Length: > 0 } text => text,
            IValueProvider provider when await provider.GetValueAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } text => text,
            _ => null,
        };
    }

    /// <summary>Reads a list such as <c>service.name=my%20shop,deployment.environment.name=test</c>.</summary>
    private static string? OfAttributes(string? attributes) => (attributes ?? "").Split(',')
        .Select(attribute => attribute.Split('=', 2, StringSplitOptions.TrimEntries))
        .Where(pair => pair is ["service.name", { Length: > 0 }])
        .Select(pair => Uri.UnescapeDataString(pair[1]))
        .LastOrDefault();
}
