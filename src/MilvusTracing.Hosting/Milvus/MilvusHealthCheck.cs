using System.Diagnostics;
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
    /// <summary>How long one check polls a Milvus that is starting. Aspire may wait as long before the next check.</summary>
    private static readonly TimeSpan PollingTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PollingInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!milvus.PrimaryEndpoint.IsAllocated)
        {
            return HealthCheckResult.Unhealthy("Milvus has no address yet.");
        }

        // The health service requires no token, but Milvus logs a warning for each call without one.
        var token = await milvus.Token.GetValueAsync(cancellationToken).ConfigureAwait(false) ?? "";
        var headers = new Metadata { { "authorization", Convert.ToBase64String(Encoding.UTF8.GetBytes(token)) } };
        using var channel = GrpcChannel.ForAddress(milvus.PrimaryEndpoint.Url);
        var client = new HealthClient(channel);
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(PollingInterval, cancellationToken).ConfigureAwait(false))
        {
            var (result, isFinal) = await CallAsync(client, headers, cancellationToken).ConfigureAwait(false);
            if (isFinal || Stopwatch.GetElapsedTime(start) >= PollingTime)
            {
                return result;
            }
        }
    }

    /// <returns>The result, and whether to stop polling because it will not change.</returns>
    private async Task<(HealthCheckResult Result, bool IsFinal)> CallAsync(HealthClient client, Metadata headers, CancellationToken cancellationToken)
    {
        try
        {
            var response = await client
                .CheckAsync(new HealthCheckRequest(), headers, DateTime.UtcNow.Add(CallTimeout), cancellationToken)
                .ConfigureAwait(false);
            return response.Status == ServingStatus.Serving
                ? (HealthCheckResult.Healthy(), true)
                : (HealthCheckResult.Unhealthy($"Milvus is starting: its gRPC health service reports {response.Status}."), false);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
        {
            return (HealthCheckResult.Unhealthy(
                $"Milvus refuses the password of the user root. Set the parameter '{milvus.ApiKeyParameter.Name}' to the password that the data "
                + "volume was created with. Versions without a setting for the password use 'Milvus'."), true);
        }
        catch (RpcException exception)
        {
            return (HealthCheckResult.Unhealthy($"Milvus does not respond at {milvus.PrimaryEndpoint.Url} yet: {exception.StatusCode}."), false);
        }
    }
}
