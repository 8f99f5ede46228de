using System.Diagnostics;
using System.Globalization;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>
/// Keeps the sampled flag of a request's <c>traceparent</c> only. Milvus's OpenTelemetry for Go drops a traceparent with
/// other flags, and since .NET 11 an activity has the random flag (<c>-03</c>).
/// </summary>
/// <seealso href="https://www.w3.org/TR/trace-context-2/#trace-flags"/>
internal static class TraceParent
{
    private const string Header = "traceparent";

    /// <param name="span">The span of the gRPC client. HttpClient's own span inherits its flags and may write the header later.</param>
    /// <param name="request">The request. gRPC's instrumentation may have written the header.</param>
    public static void ClearUnknownFlags(Activity span, HttpRequestMessage request)
    {
        span.ActivityTraceFlags &= ActivityTraceFlags.Recorded;
        if (request.Headers.NonValidated.TryGetValues(Header, out var values)
            && values.ToString() is { Length: > 2 } value
            && int.TryParse(value.AsSpan(value.Length - 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var flags)
            && flags > 1)
        {
            request.Headers.Remove(Header);
            request.Headers.TryAddWithoutValidation(Header, $"{value.AsSpan(0, value.Length - 2)}0{flags & 1}");
        }
    }
}
