using System.Text;
using Aspire.Hosting.Milvus;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using HealthClient = Grpc.Health.V1.Health.HealthClient;

namespace Aspire.Hosting;

/// <summary>
/// Asks Milvus whether it serves, by gRPC's own
/// <see href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md">health checking protocol</see>: Milvus's
/// page <c>/healthz</c> says OK before its proxy serves.
/// </summary>
internal static class MilvusReadiness
{
    public static IResourceBuilder<MilvusServerResource> WithReadiness(this IResourceBuilder<MilvusServerResource> milvus)
    {
        var key = $"{milvus.Resource.Name}_grpc";
        milvus.ApplicationBuilder.Services.AddHealthChecks()
            .Add(new HealthCheckRegistration(key, _ => new Check(milvus.Resource), failureStatus: null, tags: null, timeout: null));
        return milvus.WithHealthCheck(key);
    }

    private sealed class Check(MilvusServerResource milvus) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var endpoint = milvus.PrimaryEndpoint;
            if (!endpoint.IsAllocated)
            {
                return HealthCheckResult.Unhealthy("Milvus has no address yet.");
            }

            try
            {
                using var channel = GrpcChannel.ForAddress(endpoint.Url);
                // It would answer without, too, with a warning in its log each time.
                var token = await milvus.Token.GetValueAsync(cancellationToken).ConfigureAwait(false) ?? "";
                var headers = new Metadata { { "authorization", Convert.ToBase64String(Encoding.UTF8.GetBytes(token)) } };
                var answer = await new HealthClient(channel)
                    .CheckAsync(new HealthCheckRequest(), headers, deadline: DateTime.UtcNow.AddSeconds(5), cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy($"Milvus is starting: its gRPC health service says {answer.Status}.");
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
            {
                return HealthCheckResult.Unhealthy(
                    $"Milvus refuses root's key; expected in the parameter '{milvus.ApiKeyParameter.Name}' the password that its data was made with ('Milvus' in versions that have no setting for it).");
            }
            catch (RpcException exception)
            {
                return HealthCheckResult.Unhealthy($"Milvus does not answer at {endpoint.Url} yet: {exception.Status.StatusCode}.");
            }
        }
    }
}
