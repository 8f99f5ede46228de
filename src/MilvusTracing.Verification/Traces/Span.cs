using System.Collections.Frozen;
using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>A span with what the verdict, the causes and the explanation need. Text is made printable and times are limited to a valid range.</summary>
public sealed record Span
{
    /// <summary>Limits durations, so that sums of a start and a duration stay within <see cref="DateTimeOffset"/>.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(36_500);

    private static readonly DateTimeOffset MaxStart = DateTimeOffset.MaxValue - (2 * MaxDuration);

    /// <summary>The span id: 16 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The parent's span id, or null for a root.</summary>
    public string? ParentId { get; init; }

    /// <summary>The span's name, such as <c>milvus.proto.milvus.MilvusService/Search</c>. Control characters are replaced, and a long name is cut.</summary>
    public required string Name { get; init => field = Printable.Of(value); }

    /// <summary>The resource's <c>service.name</c>, made printable as <see cref="Name"/> is.</summary>
    public required string Service { get; init => field = Printable.Of(value); }

    /// <summary>The name of the instrumentation scope, such as <c>go.opentelemetry.io/contrib/…/otelgrpc</c>, or null if unknown.</summary>
    public string? ScopeName { get; init => field = value is null ? null : Printable.Of(value); }

    /// <summary>The span kind.</summary>
    public ActivityKind Kind { get; init; }

    /// <summary>When the operation began, to 100 ns; 1970 at the earliest.</summary>
    public DateTimeOffset Start { get; init => field = Clamp(value, DateTimeOffset.UnixEpoch, MaxStart); } = DateTimeOffset.UnixEpoch;

    /// <summary>How long the operation took; 0 at least and 100 years at most.</summary>
    public TimeSpan Duration { get; init => field = Clamp(value, TimeSpan.Zero, MaxDuration); }

    /// <summary>Whether the span's status is Error.</summary>
    public bool IsError { get; init; }

    /// <summary>OTLP's span flags: the W3C trace flags in the low byte, and above it whether the parent is remote. 0 where the backend has none.</summary>
    public uint Flags { get; init; }

    /// <summary>The attributes of the span and of its resource, as text. Only those in <see cref="UsedAttributes"/> are read, to save memory.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>When the operation ended.</summary>
    public DateTimeOffset End => Start + Duration;

    /// <summary>
    /// The keys of the attributes that are read: OpenTelemetry's conventions for RPC and HTTP in their older and newer names, those for
    /// databases, the resource's SDK, Milvus's id of the process, and what MilvusTracing.Instrumentation adds to a search.
    /// </summary>
    public static IReadOnlySet<string> UsedAttributes { get; } = new[]
    {
        "rpc.system", "rpc.system.name", "rpc.service", "rpc.method", "rpc.grpc.status_code", "rpc.response.status_code", "rpc.status_code",
        "http.request.method", "http.method", "http.route", "url.path", "http.target", "url.full", "http.url",
        "db.system.name", "db.operation.name", "milvus.search.consistency_level", "db.milvus.search.consistency_level",
        "telemetry.sdk.language", "telemetry.sdk.version", "NodeID",
    }.ToFrozenSet();

    private static T Clamp<T>(T value, T min, T max)
        where T : IComparable<T> => value.CompareTo(min) < 0 ? min : value.CompareTo(max) > 0 ? max : value;
}
