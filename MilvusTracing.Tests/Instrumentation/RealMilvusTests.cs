using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using MilvusTracing.Instrumentation.Protocol;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The spans of calls to a real Milvus.</summary>
[Collection(RealServers.Collection)]
public sealed class RealMilvusTests
{
    [RequiresFact(Capability.Servers)]
    public async Task The_span_of_every_RPC_has_the_status_of_its_response()
    {
        using var telemetry = new Telemetry(RealServers.MilvusUrl);
        using var channel = GrpcChannel.ForAddress(RealServers.MilvusUrl);
        foreach (var method in MilvusMethod.All.Where(method => method.Name is not ("FlushAll" or "CreateCollection" or "BackupRBAC" or "RestoreRBAC")))
        {
            var (code, grpcStatus) = (0, default(StatusCode?));
            try
            {
                var status = new StatusReader();
                var collection = method.Request.Collection is 0 ? 15 : method.Request.Collection;
                status.Read(await channel.CallAsync(method.Name, Message((collection, "no_such_collection"))));
                code = status.Code;
            }
            catch (RpcException exception)
            {
                // An old Milvus does not implement all RPCs.
                grpcStatus = exception.StatusCode;
            }

            var span = telemetry.Spans[^1];
            span.DisplayName.ShouldStartWith(method.Operation);
            span.GetTagItem("db.response.status_code").ShouldBe(code == 0 ? null : $"{code}", method.Name);
            (span.Status == ActivityStatusCode.Error).ShouldBe(code != 0 || grpcStatus is not null, method.Name);
            span.GetTagItem("db.collection.name").ShouldBe(method.Request.Collection > 0 ? "no_such_collection" : null);
        }
    }
}
