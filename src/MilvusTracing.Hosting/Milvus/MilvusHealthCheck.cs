using System.Text;
using Aspire.Hosting.Milvus;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Grpc.Health.V1.HealthCheckResponse.Types;
using HealthClient = Grpc.Health.V1.Health.HealthClient;

namespace Aspire.Hosting;

/// <summary>
/// Calls Milvus's <see href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md">gRPC health service</see>. Milvus's
/// HTTP endpoint <c>/healthz</c> reports OK before its proxy accepts requests.
/// </summary>
internal sealed class MilvusHealthCheck(MilvusServerResource milvus) : IHealthCheck
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // The health service requires no token, but Milvus logs a warning for each call without one.
        var token = await milvus.Token.GetValueAsync(cancellationToken).ConfigureAwait(false) ?? "";
        var headers = new Metadata { { "authorization", Convert.ToBase64String(Encoding.UTF8.GetBytes(token)) } };
        using var channel = GrpcChannel.ForAddress(milvus.PrimaryEndpoint.Url);
        try
        {
            var response = await new HealthClient(channel)
                .CheckAsync(new HealthCheckRequest(), headers, DateTime.UtcNow.Add(CallTimeout), cancellationToken)
                .ConfigureAwait(false);
            return response.Status == ServingStatus.Serving
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"Milvus is starting: its gRPC health service reports {response.Status}.");
        }
        catch (RpcException exception)
        {
            return HealthCheckResult.Unhealthy(exception.StatusCode == StatusCode.Unauthenticated
                ? $"Milvus refuses the password of the user root. Set the parameter '{milvus.ApiKeyParameter.Name}' to the password that the data "
                    + "volume was created with. Versions without a setting for the password use 'Milvus'."
                : $"Milvus does not respond at {milvus.PrimaryEndpoint.Url} yet: {exception.StatusCode}.");
        }
    }
}
