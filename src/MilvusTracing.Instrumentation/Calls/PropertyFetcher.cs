using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>What the events carry: objects of types that are internal to gRPC and HttpClient, with properties of known names.</summary>
internal static class PropertyFetcher
{
    public static readonly PayloadProperty<HttpRequestMessage> Request = new("Request");
    public static readonly PayloadProperty<HttpResponseMessage> Response = new("Response");
    public static readonly PayloadProperty<Exception> Exception = new("Exception");
}

/// <summary>A property of several types; found once for each.</summary>
internal sealed class PayloadProperty<T>(string name)
    where T : class
{
    private (Type Type, PropertyInfo? Property)[] _known = [];

    /// <returns>Its value; null where the payload has no such property.</returns>
    public T? Of(object payload)
    {
        var type = payload.GetType();
        foreach (var known in _known)
        {
            if (known.Type == type)
            {
                return known.Property?.GetValue(payload) as T;
            }
        }

        var property = Find(type);
        _known = [.. _known, (type, property)]; // another thread's may get lost, and is found again
        return property?.GetValue(payload) as T;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "gRPC and HttpClient keep the properties of their payloads (DynamicDependency).")]
    private PropertyInfo? Find(Type type) => type.GetProperty(name);
}
