namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// A telemetry setting that the application cannot start with. <see cref="Exception.Message"/> is one sentence for the
/// user, without credentials: the setting, its value and the expected form.
/// </summary>
/// <param name="setting">The setting's name, for example <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</param>
/// <param name="message">The sentence.</param>
public sealed class TelemetrySettingException(string setting, string message) : Exception(message)
{
    /// <summary>The setting's name.</summary>
    public string Setting { get; } = setting;
}
