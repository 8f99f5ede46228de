using Microsoft.Extensions.Diagnostics.HealthChecks;
using Milvus.Client;

namespace Aspire.Milvus.Client;

internal sealed class MilvusHealthCheck(MilvusClient client) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var state = await client.HealthAsync(cancellationToken).ConfigureAwait(false);

            return state.IsHealthy
                ? HealthCheckResult.Healthy()
                : new HealthCheckResult(HealthStatus.Unhealthy, $"Milvus server is unhealthy: {state}.");
        }
        catch (Exception failure)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "Failed to connect to Milvus server.", failure);
        }
    }
}
