using System.Diagnostics;
using System.Globalization;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>
/// Makes the flags of a request's <c>traceparent</c> those that Milvus understands: sampled, or not. Milvus's OpenTelemetry
/// for Go drops a traceparent with other flags, and since .NET 11 an activity has the random flag (<c>-03</c>).
/// </summary>
/// <seealso href="https://www.w3.org/TR/trace-context-2/#trace-flags"/>
internal static class TraceParent
{
    private const string Header = "traceparent";

    /// <param name="span">
    /// The span of the gRPC client. HttpClient's own span inherits its flags; either may write the header after this.
    /// </param>
    /// <param name="request">The request. gRPC's instrumentation may have written the header before.</param>
    public static void SetFlags(Activity span, HttpRequestMessage request)
    {
        span.ActivityTraceFlags &= ActivityTraceFlags.Recorded;
        if (!request.Headers.NonValidated.TryGetValues(Header, out var values)
            || values.ToString() is not { Length: > 2 } value
            || !int.TryParse(value.AsSpan(value.Length - 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var flags))
        {
            return;
        }

        // A header that the application has set itself names another span, and keeps its own decision.
        var isOfSpan = value.Contains(span.SpanId.ToHexString(), StringComparison.Ordinal);
        var newFlags = isOfSpan ? (int)span.ActivityTraceFlags : flags & (int)ActivityTraceFlags.Recorded;
        if (newFlags != flags)
        {
            request.Headers.Remove(Header);
            request.Headers.TryAddWithoutValidation(Header, $"{value.AsSpan(0, value.Length - 2)}0{newFlags}");
        }
    }
}
