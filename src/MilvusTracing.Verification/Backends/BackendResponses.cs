using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>Jaeger's response to <c>/api/v3/services</c>.</summary>
internal sealed record JaegerServices(List<string?>? Services);

/// <summary>Jaeger's response to <c>/api/v3/traces</c> and <c>/api/v3/traces/{id}</c>.</summary>
internal sealed record JaegerTraces([property: JsonRequired] OtlpTraces? Result);

/// <summary>The dashboard's response to <c>/api/telemetry/traces</c> and <c>/api/telemetry/traces/{id}</c>.</summary>
internal sealed record DashboardTraces([property: JsonRequired] OtlpTraces? Data);

/// <summary>One element of the dashboard's response to <c>/api/telemetry/resources</c>: one start of a service.</summary>
internal sealed record DashboardResource(string? Name, string? DisplayName, bool HasTraces);

/// <summary>The body of an error response, of either backend.</summary>
/// <param name="Error">Jaeger's form: <c>{"error":{"httpCode":404,"message":"No traces found"}}</c>.</param>
/// <param name="Title">The dashboard's form: <c>{"title":"Trace not found","status":404}</c>.</param>
internal sealed record ErrorResponse(JaegerError? Error, string? Title);

internal sealed record JaegerError(string? Message);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    DefaultBufferSize = OtlpJson.BufferSize)]
[JsonSerializable(typeof(JaegerServices))]
[JsonSerializable(typeof(JaegerTraces))]
[JsonSerializable(typeof(DashboardTraces))]
[JsonSerializable(typeof(List<DashboardResource?>))]
[JsonSerializable(typeof(ErrorResponse))]
internal sealed partial class BackendJson : JsonSerializerContext;
