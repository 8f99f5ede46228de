using Grpc.Core;

namespace MilvusTracing.Emulator.Service;

/// <summary>Answers the calls that the emulator does not have.</summary>
internal static class UnknownCalls
{
    public static Task AnswerAsync(HttpContext http)
    {
        if (http.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) is not true)
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return http.Response.WriteAsync("This is an emulator of Milvus; it speaks gRPC only.\n");
        }

        var message = $"the emulator of Milvus has no call {http.Request.Path.Value?.TrimStart('/')}";
        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-status"] = ((int)StatusCode.Unimplemented).ToString();
        http.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
        return Task.CompletedTask;
    }
}
