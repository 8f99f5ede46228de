namespace MilvusTracing.Local.Settings;

/// <summary>Where telemetry goes.</summary>
/// <param name="Endpoint">The address of an OTLP receiver.</param>
/// <param name="Key">What it wants to see as <c>x-otlp-api-key</c>, as the Aspire dashboard does; or null.</param>
internal sealed record OtlpDestination(Uri Endpoint, string? Key = null)
{
    /// <summary>As <c>OTEL_EXPORTER_OTLP_HEADERS</c> has it.</summary>
    public string? Headers => Key is null ? null : $"x-otlp-api-key={Key}";
}
