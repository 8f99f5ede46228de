using Microsoft.AspNetCore.Http;

namespace MilvusTracing.Tests.Support;

/// <summary>Faults of an OTLP backend: values for <c>OtlpReceiver.Interceptor</c>.</summary>
internal static class OtlpFaults
{
    /// <summary>Accepts each request after a delay.</summary>
    public static Func<HttpContext, RequestDelegate, Task> Slow(TimeSpan delay) => async (context, next) =>
    {
        await Task.Delay(delay, context.RequestAborted);
        await next(context);
    };

    /// <summary>Rejects each request with an HTTP status, as a proxy in front of a backend does.</summary>
    public static Func<HttpContext, RequestDelegate, Task> HttpStatus(int status) => (context, _) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>Rejects each request with a gRPC status.</summary>
    public static Func<HttpContext, RequestDelegate, Task> GrpcStatus(Grpc.Core.StatusCode status, string message = "") => (context, _) =>
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)status).ToString();
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
        return Task.CompletedTask;
    };
}
