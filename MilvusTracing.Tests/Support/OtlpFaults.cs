using Microsoft.AspNetCore.Http;

namespace MilvusTracing.Tests.Support;

/// <summary>How an OTLP backend can misbehave: values for <c>OtlpReceiver.Interceptor</c>.</summary>
internal static class OtlpFaults
{
    /// <summary>Accepts everything, but only after a while.</summary>
    public static Func<HttpContext, RequestDelegate, Task> Slow(TimeSpan delay) => async (context, next) =>
    {
        await Task.Delay(delay, context.RequestAborted);
        await next(context);
    };

    /// <summary>Accepts nothing: an HTTP status, as a proxy in front of a backend answers.</summary>
    public static Func<HttpContext, RequestDelegate, Task> HttpStatus(int status) => (context, _) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>Accepts nothing: a gRPC status.</summary>
    public static Func<HttpContext, RequestDelegate, Task> GrpcStatus(Grpc.Core.StatusCode status, string message = "") => (context, _) =>
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)status).ToString();
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
        return Task.CompletedTask;
    };

    /// <summary>Accepts only requests with this header, as the Aspire dashboard wants <c>x-otlp-api-key</c>.</summary>
    public static Func<HttpContext, RequestDelegate, Task> RequireHeader(string name, string value) => (context, next) =>
        context.Request.Headers[name] == value ? next(context)
        : context.Request.ContentType == "application/grpc" ? GrpcStatus(Grpc.Core.StatusCode.Unauthenticated)(context, next)
        : HttpStatus(StatusCodes.Status401Unauthorized)(context, next);
}
