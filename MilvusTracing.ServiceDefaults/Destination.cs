namespace MilvusTracing.ServiceDefaults;

/// <summary>Where telemetry is sent.</summary>
/// <param name="Address">As set.</param>
/// <param name="Setting">The setting that it came from.</param>
/// <param name="Advice">What to check when it does not take telemetry.</param>
internal sealed record Destination(Uri Address, string Setting, string Advice)
{
    public static Destination? At(Uri? address, string setting, string advice) =>
        address is null ? null : new Destination(address, setting, advice);

    /// <summary>Whether both name one server; <c>localhost</c> and <c>127.0.0.1</c> do.</summary>
    public bool IsSameServer(Uri other) =>
        Address.Scheme == other.Scheme
        && Address.Port == other.Port
        && (Address.IdnHost == other.IdnHost || (Address.IsLoopback && other.IsLoopback));

    public override string ToString() => $"{Address.GetLeftPart(UriPartial.Authority)} ({Setting})";
}
