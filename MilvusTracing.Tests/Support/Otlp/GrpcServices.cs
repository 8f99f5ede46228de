using Grpc.Core;
using MilvusTracing.Hosting.Logs.Otlp;
using MilvusTracing.Tests.Support.Otlp.Protos;

namespace MilvusTracing.Tests.Support.Otlp;

internal sealed class GrpcTraceService(OtlpReceiver receiver) : TraceService.TraceServiceBase
{
    public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context)
    {
        receiver.Accept(request);
        return Task.FromResult(new ExportTraceServiceResponse());
    }
}

internal sealed class GrpcMetricsService(OtlpReceiver receiver) : MetricsService.MetricsServiceBase
{
    public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context)
    {
        receiver.Accept(request);
        return Task.FromResult(new ExportMetricsServiceResponse());
    }
}

internal sealed class GrpcLogsService(OtlpReceiver receiver) : LogsService.LogsServiceBase
{
    public override Task<ExportLogsServiceResponse> Export(ExportLogsServiceRequest request, ServerCallContext context)
    {
        receiver.Accept(request);
        return Task.FromResult(new ExportLogsServiceResponse());
    }
}
