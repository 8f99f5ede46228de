namespace MilvusTracing.ServiceDefaults;

/// <summary>Where telemetry is sent.</summary>
/// <param name="Address">Scheme, host and port, as the exporter reports it: without credentials.</param>
/// <param name="Setting">The setting that the address came from.</param>
/// <param name="Advice">What to check when it does not take telemetry.</param>
internal sealed record Destination(Uri Address, string Setting, string Advice)
{
    public bool Is(string exporterEndpoint) =>
        Uri.TryCreate(exporterEndpoint, UriKind.Absolute, out var endpoint) && IsSameServer(endpoint);

    /// <summary>Whether both name one server; <c>localhost</c> and <c>127.0.0.1</c> do.</summary>
    public bool IsSameServer(Uri other) =>
        Address.Scheme == other.Scheme
        && Address.Port == other.Port
        && (Address.IdnHost == other.IdnHost || (Address.IsLoopback && other.IsLoopback));
}
