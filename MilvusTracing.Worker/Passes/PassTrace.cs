using System.Diagnostics;

namespace MilvusTracing.Worker.Passes;

/// <summary>A pass's trace as the log names it: its id, and its address in Jaeger where that is known.</summary>
internal readonly struct PassTrace(Activity? root, Uri? jaegerUrl)
{
    public override string ToString()
        => root switch
        {
            null => "not recorded",
            { Recorded: false } => $"{root.TraceId} (not sampled)",
            _ when jaegerUrl is null => root.TraceId.ToString(),
            _ => $"{root.TraceId} {Link(jaegerUrl)}/trace/{root.TraceId}",
        };

    /// <summary>Without a user name and a password, which are not for the log.</summary>
    private static string Link(Uri address)
        => address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
}
