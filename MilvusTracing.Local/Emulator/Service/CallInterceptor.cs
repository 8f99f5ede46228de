using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MilvusTracing.Local.Emulator.Errors;
using MilvusTracing.Local.Emulator.Tracing;
using Status = MilvusTracing.Local.Protos.Milvus.Status;

namespace MilvusTracing.Local.Emulator.Service;

/// <summary>What every call has: its span, the check of its credentials, and an answer where it fails.</summary>
internal sealed class CallInterceptor(EmulatorTracer tracer, Credentials? credentials) : Interceptor
{
    private const int StatusField = 1; // of every response that is not a status itself

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        using var span = tracer.StartCall(context.Method[(context.Method.LastIndexOf('/') + 1)..], Caller(context));
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
        catch (RpcException refused)
        {
            throw Ended(span, refused);
        }
        catch (OperationCanceledException)
        {
            throw Ended(span, new(new(StatusCode.Cancelled, "the caller has left")));
        }
        catch (Exception bug)
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

    private static RpcException Ended(Activity? span, RpcException reason)
    {
        span?.SetTag("rpc.grpc.status_code", (int)reason.StatusCode).SetStatus(ActivityStatusCode.Error, reason.Status.Detail);
        return reason;
    }

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
