namespace Aspire.Hosting.ApplicationModel;

/// <summary>A service whose spans reach the dashboard without Jaeger.</summary>
internal sealed record NotRelayedAnnotation(string ServiceName) : IResourceAnnotation;
