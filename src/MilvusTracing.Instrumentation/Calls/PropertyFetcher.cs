using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>
/// Reads a property of the payloads of diagnostic events. Their types are internal to Grpc.Net.Client and
/// System.Net.Http, so that only reflection can read them.
/// </summary>
internal sealed class PropertyFetcher<T>(string name)
    where T : class
{
    private readonly ConcurrentDictionary<Type, PropertyInfo?> _properties = new();

    /// <returns>The value of the property; null if the payload has no such property.</returns>
    public T? Fetch(object payload) => _properties.GetOrAdd(payload.GetType(), Find, name)?.GetValue(payload) as T;

    [UnconditionalSuppressMessage(
        "Trimming", "IL2070", Justification = "gRPC and HttpClient preserve the properties of their payloads (DynamicDependency).")]
    private static PropertyInfo? Find(Type type, string name) => type.GetProperty(name);
}
