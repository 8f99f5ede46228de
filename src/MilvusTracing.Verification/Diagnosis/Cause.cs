namespace MilvusTracing.Verification;

/// <summary>A reason why a trace is not joined, incomplete or cannot be read, and how to fix it.</summary>
/// <param name="Code">A fixed identifier, one of <see cref="CauseCodes"/>, by which a program can add its own hints.</param>
/// <param name="Message">What was found, in one sentence.</param>
/// <param name="Fix">What to do, in one or a few sentences.</param>
/// <remarks>Control and format characters in the texts are replaced, since names in them come from spans.</remarks>
/// <example><code>foreach (var cause in report.Causes) Console.WriteLine($"{cause.Code}: {cause.Message} {cause.Fix}");</code></example>
public sealed record Cause(string Code, string Message, string Fix)
{
    private const int MaxLength = 2_000;

    /// <summary>What was found, in one sentence.</summary>
    public string Message { get; init; } = Printable.Of(Message, MaxLength);

    /// <summary>What to do, in one or a few sentences.</summary>
    public string Fix { get; init; } = Printable.Of(Fix, MaxLength);

    /// <summary>The name of the backend that could not be read; null for causes that concern the trace.</summary>
    public string? Backend { get; init; }

    /// <summary>Whether there was no connection to the backend, which may be starting.</summary>
    internal bool IsNoConnection { get; init; }
}

/// <summary>The values of <see cref="Cause.Code"/>.</summary>
public static class CauseCodes
{
    /// <summary>The backend does not respond, or another server responds at its address.</summary>
    public const string BackendUnreachable = "backend-unreachable";

    /// <summary>The backend's TLS certificate is not trusted.</summary>
    public const string CertificateUntrusted = "certificate-untrusted";

    /// <summary>The backend rejects the API key (401 or 403).</summary>
    public const string KeyRefused = "key-refused";

    /// <summary>A file of traces does not exist, is truncated, or has another format.</summary>
    public const string FileUnreadable = "file-unreadable";

    /// <summary>The backend has no span of the service.</summary>
    public const string ServiceUnknown = "service-unknown";

    /// <summary>The backend knows the service but has no trace in which it calls Milvus.</summary>
    public const string NoTraces = "no-traces";

    /// <summary>No backend has a span of the trace id.</summary>
    public const string TraceUnknown = "trace-unknown";

    /// <summary>The trace was not sampled: the sampled flag of its traceparent is not set.</summary>
    public const string Unsampled = "unsampled";

    /// <summary>Milvus or the client may not have exported its last batch of spans yet.</summary>
    public const string BatchPending = "batch-pending";

    /// <summary>Milvus does not export spans to the backend.</summary>
    public const string MilvusNotExporting = "milvus-not-exporting";

    /// <summary>One role of a distributed Milvus does not export spans to the backend.</summary>
    public const string RoleNotExporting = "role-not-exporting";

    /// <summary>The client sends no traceparent, so Milvus's spans start traces of their own.</summary>
    public const string NoTraceparent = "no-traceparent";

    /// <summary>Milvus drops the client's traceparent, whose flags (03: sampled and random) exceed 02.</summary>
    public const string TraceFlagsDropped = "trace-flags-dropped";

    /// <summary>The client's Milvus SDK contains its own gRPC, which the Java agent does not instrument.</summary>
    public const string GrpcHidden = "grpc-hidden";

    /// <summary>The client uses Milvus's REST API, and this version of Milvus does not trace it.</summary>
    public const string RestNotTraced = "rest-not-traced";

    /// <summary>The caller's gRPC client spans are missing.</summary>
    public const string NoClientCalls = "no-client-calls";

    /// <summary>The parent of Milvus's spans is an HttpClient activity that is not exported.</summary>
    public const string HttpClientParent = "httpclient-parent";

    /// <summary>A call failed and has no span of Milvus.</summary>
    public const string CallFailed = "call-failed";

    /// <summary>Spans are missing although their service exports others.</summary>
    public const string SpansLost = "spans-lost";

    /// <summary>The trace has more than one root.</summary>
    public const string SeveralRoots = "several-roots";

    /// <summary>Parent ids form a cycle.</summary>
    public const string ParentCycle = "parent-cycle";

    /// <summary>One backend lacks spans that another one has.</summary>
    public const string BackendIncomplete = "backend-incomplete";

    /// <summary>The clocks of two machines differ by more than the duration of a call.</summary>
    public const string ClockSkew = "clock-skew";
}

/// <summary>A possible cause and its likelihood, from 0 to 1.</summary>
internal sealed record Finding(double Likelihood, string Code, string Message, string Fix);
