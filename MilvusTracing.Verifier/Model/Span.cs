using System.Collections.Frozen;
using System.Diagnostics;

namespace MilvusTracing.Verifier.Model;

/// <summary>One span, reduced to what the verdict, the causes and the waterfall need.</summary>
public sealed record Span
{
    /// <summary>The span id: 16 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The parent's span id, or null for a root.</summary>
    public string? ParentId { get; init; }

    /// <summary>The span's name, such as <c>milvus.proto.milvus.MilvusService/Search</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The resource's <c>service.name</c>.</summary>
    public required string Service { get; init; }

    /// <summary>The span kind.</summary>
    public ActivityKind Kind { get; init; }

    /// <summary>When the operation began.</summary>
    public DateTimeOffset Start { get; init; }

    /// <summary>How long the operation took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether the span's status is Error.</summary>
    public bool IsError { get; init; }

    /// <summary>
    /// Span attributes as text. Only those in <see cref="UsedAttributes"/> are read; leaving the others out saves memory.
    /// </summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>When the operation ended.</summary>
    public DateTimeOffset End => Start + Duration;

    /// <summary>The keys of the attributes that the verifier reads.</summary>
    public static IReadOnlySet<string> UsedAttributes { get; } =
        FrozenSet.Create("rpc.system", "rpc.system.name", "rpc.service", "rpc.method");
}
