using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Requests;
using MilvusTracing.Emulator.Tracing;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Emulator.Service;

/// <summary>Adds to every call its server span, authentication, log lines and error responses.</summary>
internal sealed class CallInterceptor(EmulatorTracer tracer, MilvusLog log, Credentials? credentials) : Interceptor
{
    private const int StatusField = 1; // in every response that is not a status itself

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var method = context.Method[(context.Method.LastIndexOf('/') + 1)..];
        using var span = tracer.StartCall(method, CallerContext(context));
        try
        {
            var response = await HandleAsync(request, context, continuation);
            if (StatusOf(response) is { Code: not 0 } failure)
            {
                log.Write("WARN", "call failed", span, [("method", method), ("code", failure.Code), ("error", failure.Reason)]);
            }
            else if (span is { Recorded: true })
            {
                log.Write("INFO", "call succeeded", span, [("method", method)]);
            }

            return response;
        }
        catch (RpcException failure)
        {
            throw Failed(span, method, failure);
        }
        catch (OperationCanceledException)
        {
            throw Failed(span, method, new(new(StatusCode.Cancelled, "the client canceled the call")));
        }
    }

    private async Task<TResponse> HandleAsync<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        try
        {
            credentials?.Check(context.RequestHeaders);
            UnsupportedFields.Check((IMessage)request);
            SetDatabase((IMessage)request, context.RequestHeaders.GetValue("dbname"));
            return await continuation(request, context);
        }
        catch (MilvusError error)
        {
            return FailureResponse<TResponse>(error.ToStatus());
        }
        catch (Exception bug) when (bug is not (RpcException or OperationCanceledException))
        {
            return FailureResponse<TResponse>(MilvusError.Unexpected($"internal error of the Milvus emulator: {bug.Message}").ToStatus());
        }
    }

    private static ActivityContext CallerContext(ServerCallContext context) =>
        ActivityContext.TryParse(
            context.RequestHeaders.GetValue("traceparent"), context.RequestHeaders.GetValue("tracestate"), isRemote: true, out var caller)
        ? caller
        : default;

    /// <summary>Copies the database from the metadata, where some clients send it, to a request that has none.</summary>
    private static void SetDatabase(IMessage request, string? database)
    {
        if (!string.IsNullOrEmpty(database) && request.Descriptor.FindFieldByName("db_name")?.Accessor is { } field && field.GetValue(request) is "")
        {
            field.SetValue(request, database);
        }
    }

    private RpcException Failed(Activity? span, string method, RpcException failure)
    {
        log.Write("WARN", "call failed", span, [("method", method), ("code", failure.StatusCode), ("error", failure.Status.Detail)]);
        span?.SetTag("rpc.grpc.status_code", (int)failure.StatusCode).SetStatus(ActivityStatusCode.Error, failure.Status.Detail);
        return failure;
    }

    private static Status? StatusOf(object response) =>
        response as Status ?? ((IMessage)response).Descriptor.FindFieldByNumber(StatusField).Accessor.GetValue((IMessage)response) as Status;

    private static TResponse FailureResponse<TResponse>(Status status)
    {
        if (status is TResponse itself)
        {
            return itself;
        }

        var response = Activator.CreateInstance<TResponse>();
        var message = (IMessage)response!;
        message.Descriptor.FindFieldByNumber(StatusField).Accessor.SetValue(message, status);
        return response;
    }
}
