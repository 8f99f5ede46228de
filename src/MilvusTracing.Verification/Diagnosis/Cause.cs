namespace MilvusTracing.Verification;

/// <summary>Why a trace falls short, as far as the evidence goes, and what to do about it.</summary>
/// <param name="Code">A fixed name for programs, one of <see cref="CauseCodes"/>.</param>
/// <param name="Message">What was found, in one sentence.</param>
/// <param name="Fix">What to do, in a sentence or two.</param>
/// <remarks>Names in it may come from elsewhere: characters that could steer a terminal are replaced.</remarks>
public sealed record Cause(string Code, string Message, string Fix)
{
    private const int Longest = 2_000;

    /// <summary>What was found, in one sentence.</summary>
    public string Message { get; init; } = Printable.Of(Message, Longest);

    /// <summary>What to do, in a sentence or two.</summary>
    public string Fix { get; init; } = Printable.Of(Fix, Longest);
}

/// <summary>The names of the causes, as <c>--json</c> gives them.</summary>
public static class CauseCodes
{
    /// <summary>The backend's address does not answer, or something else answers there.</summary>
    public const string BackendUnreachable = "backend-unreachable";

    /// <summary>The backend's TLS certificate is not trusted.</summary>
    public const string CertificateUntrusted = "certificate-untrusted";

    /// <summary>The backend refuses the API key (401 or 403).</summary>
    public const string KeyRefused = "key-refused";

    /// <summary>The backend holds no span of the service.</summary>
    public const string ServiceUnknown = "service-unknown";

    /// <summary>The backend knows the service and holds no trace of it.</summary>
    public const string NoTraces = "no-traces";

    /// <summary>No backend holds a span of the trace id.</summary>
    public const string TraceUnknown = "trace-unknown";

    /// <summary>The trace was not sampled: its traceparent's flag is 00.</summary>
    public const string Unsampled = "unsampled";

    /// <summary>Milvus's batch, or the client's, has not been sent yet.</summary>
    public const string BatchPending = "batch-pending";

    /// <summary>Milvus exports no spans to here.</summary>
    public const string MilvusNotExporting = "milvus-not-exporting";

    /// <summary>One role of a distributed Milvus exports no spans to here, or was killed with its last ones.</summary>
    public const string RoleNotExporting = "role-not-exporting";

    /// <summary>Milvus's spans of these calls start traces of their own.</summary>
    public const string NoTraceparent = "no-traceparent";

    /// <summary>The caller's gRPC client spans are missing.</summary>
    public const string NoClientCalls = "no-client-calls";

    /// <summary>Milvus's spans name an unexported HttpClient activity as their parent.</summary>
    public const string HttpClientParent = "httpclient-parent";

    /// <summary>A call failed without a span of Milvus.</summary>
    public const string CallFailed = "call-failed";

    /// <summary>Spans name parents that no backend holds.</summary>
    public const string SpansLost = "spans-lost";

    /// <summary>The trace has more than one root.</summary>
    public const string SeveralRoots = "several-roots";

    /// <summary>Parent ids run in a circle.</summary>
    public const string ParentCycle = "parent-cycle";

    /// <summary>One backend lacks spans that another one holds.</summary>
    public const string BackendIncomplete = "backend-incomplete";

    /// <summary>A machine's clock is off by more than a call took.</summary>
    public const string ClockSkew = "clock-skew";
}

/// <summary>A possible cause, and how much the evidence speaks for it, from 0 to 1.</summary>
internal sealed record Finding(double Likelihood, Cause Cause)
{
    public Finding(double likelihood, string code, string message, string fix)
        : this(likelihood, new Cause(code, message, fix))
    {
    }
}
