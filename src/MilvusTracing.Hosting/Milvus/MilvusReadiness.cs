using System.Diagnostics;
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
    /// <summary>How long a check waits for a Milvus that is starting: the next one may be as long in coming.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

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

            // It would answer without, too, with a warning in its log each time.
            var token = await milvus.Token.GetValueAsync(cancellationToken).ConfigureAwait(false) ?? "";
            var headers = new Metadata { { "authorization", Convert.ToBase64String(Encoding.UTF8.GetBytes(token)) } };
            using var channel = GrpcChannel.ForAddress(endpoint.Url);
            var health = new HealthClient(channel);
            for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause, cancellationToken).ConfigureAwait(false))
            {
                var (result, isFinal) = await AskAsync(health, headers, cancellationToken).ConfigureAwait(false);
                if (isFinal || Stopwatch.GetElapsedTime(start) >= Patience)
                {
                    return result;
                }
            }
        }

        /// <returns>The result, and whether waiting will not change it.</returns>
        private async Task<(HealthCheckResult Result, bool IsFinal)> AskAsync(HealthClient health, Metadata headers, CancellationToken cancellationToken)
        {
            try
            {
                var answer = await health
                    .CheckAsync(new HealthCheckRequest(), headers, deadline: DateTime.UtcNow.AddSeconds(5), cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving
                    ? (HealthCheckResult.Healthy(), true)
                    : (HealthCheckResult.Unhealthy($"Milvus is starting: its gRPC health service says {answer.Status}."), false);
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
            {
                return (HealthCheckResult.Unhealthy(
                    $"Milvus refuses root's key; expected in the parameter '{milvus.ApiKeyParameter.Name}' the password that its data was made with ('Milvus' in versions that have no setting for it)."), true);
            }
            catch (RpcException exception)
            {
                return (HealthCheckResult.Unhealthy($"Milvus does not answer at {milvus.PrimaryEndpoint.Url} yet: {exception.Status.StatusCode}."), false);
            }
        }
    }
}
