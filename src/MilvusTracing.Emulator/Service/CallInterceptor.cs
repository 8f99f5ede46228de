using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Tracing;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Emulator.Service;

/// <summary>What every call has: its span, the check of its credentials, and an answer where it fails.</summary>
internal sealed class CallInterceptor(EmulatorTracer tracer, MilvusLog log, Credentials? credentials) : Interceptor
{
    private const int StatusField = 1; // of every response that is not a status itself

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var method = context.Method[(context.Method.LastIndexOf('/') + 1)..];
        using var span = tracer.StartCall(method, Caller(context));
        try
        {
            var response = await AnswerAsync(request, context, continuation);
            if (StatusOf(response) is { Code: not 0 } failure)
            {
                log.Write("WARN", "call failed", span, [("method", method), ("code", failure.Code), ("error", failure.Reason)]);
            }
            else if (span is { Recorded: true })
            {
                log.Write("INFO", "call done", span, [("method", method)]);
            }

            return response;
        }
        catch (RpcException refused)
        {
            throw Ended(span, method, refused);
        }
        catch (OperationCanceledException)
        {
            throw Ended(span, method, new(new(StatusCode.Cancelled, "the caller has left")));
        }
    }

    private async Task<TResponse> AnswerAsync<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        try
        {
            credentials?.Check(context.RequestHeaders);
            SetDatabase((IMessage)request, context.RequestHeaders.GetValue("dbname"));
            return await continuation(request, context);
        }
        catch (MilvusError error)
        {
            return Failure<TResponse>(error.ToStatus());
        }
        catch (Exception bug) when (bug is not (RpcException or OperationCanceledException))
        {
            return Failure<TResponse>(MilvusError.Unexpected($"the emulator failed: {bug.Message}").ToStatus());
        }
    }

    private static ActivityContext Caller(ServerCallContext context) =>
        ActivityContext.TryParse(
            context.RequestHeaders.GetValue("traceparent"), context.RequestHeaders.GetValue("tracestate"), isRemote: true, out var caller)
        ? caller
        : default;

    /// <summary>Clients may name their database once for all calls, in the metadata.</summary>
    private static void SetDatabase(IMessage request, string? database)
    {
        if (!string.IsNullOrEmpty(database) && request.Descriptor.FindFieldByName("db_name")?.Accessor is { } field && field.GetValue(request) is "")
        {
            field.SetValue(request, database);
        }
    }

    private RpcException Ended(Activity? span, string method, RpcException reason)
    {
        log.Write("WARN", "call refused", span, [("method", method), ("code", reason.StatusCode), ("error", reason.Status.Detail)]);
        span?.SetTag("rpc.grpc.status_code", (int)reason.StatusCode).SetStatus(ActivityStatusCode.Error, reason.Status.Detail);
        return reason;
    }

    private static Status? StatusOf(object response) =>
        response as Status ?? ((IMessage)response).Descriptor.FindFieldByNumber(StatusField).Accessor.GetValue((IMessage)response) as Status;

    private static TResponse Failure<TResponse>(Status status)
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
