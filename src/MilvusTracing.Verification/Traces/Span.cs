using System.Collections.Frozen;
using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>One span, reduced to what the verdict, the causes and the explanation need. Whatever it is made of, it is safe to show and to reckon with.</summary>
public sealed record Span
{
    /// <summary>No trace lasts longer, and sums of what is clamped to it stay within <see cref="DateTimeOffset"/>.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    private static readonly DateTimeOffset Latest = DateTimeOffset.MaxValue - (2 * Longest);

    /// <summary>The span id: 16 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The parent's span id, or null for a root.</summary>
    public string? ParentId { get; init; }

    /// <summary>The span's name, such as <c>milvus.proto.milvus.MilvusService/Search</c>; characters that could steer a terminal are replaced, and a long one is cut.</summary>
    public required string Name { get; init => field = Printable.Of(value); }

    /// <summary>The resource's <c>service.name</c>, made printable as <see cref="Name"/> is.</summary>
    public required string Service { get; init => field = Printable.Of(value); }

    /// <summary>The span kind.</summary>
    public ActivityKind Kind { get; init; }

    /// <summary>When the operation began; not before 1970, and in this era.</summary>
    public DateTimeOffset Start { get; init => field = value < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : value > Latest ? Latest : value; } = DateTimeOffset.UnixEpoch;

    /// <summary>How long the operation took; not negative, a century at most.</summary>
    public TimeSpan Duration { get; init => field = value < TimeSpan.Zero ? TimeSpan.Zero : value > Longest ? Longest : value; }

    /// <summary>Whether the span's status is Error.</summary>
    public bool IsError { get; init; }

    /// <summary>
    /// Span attributes as text. Only those in <see cref="UsedAttributes"/> are read; leaving the others out saves memory.
    /// </summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>When the operation ended.</summary>
    public DateTimeOffset End => Start + Duration;

    /// <summary>
    /// The keys of the attributes that are read: OpenTelemetry's conventions for RPC, in their older and newer names, and for
    /// databases, and what MilvusTracing.Instrumentation adds of a search.
    /// </summary>
    public static IReadOnlySet<string> UsedAttributes { get; } = FrozenSet.Create(
        "rpc.system", "rpc.system.name", "rpc.service", "rpc.method", "db.system.name", "db.operation.name", "db.milvus.search.consistency_level");
}
