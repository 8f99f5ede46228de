using Grpc.Core;

namespace MilvusTracing.Emulator.Service;

/// <summary>Responds to requests for RPCs that the emulator does not implement.</summary>
internal static class UnimplementedCalls
{
    public static Task RespondAsync(HttpContext http)
    {
        if (http.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) is not true)
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return http.Response.WriteAsync("The Milvus emulator supports gRPC only.\n");
        }

        var message = $"the Milvus emulator does not implement {http.Request.Path.Value?.TrimStart('/')}";
        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-status"] = ((int)StatusCode.Unimplemented).ToString();
        http.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
        return Task.CompletedTask;
    }
}
