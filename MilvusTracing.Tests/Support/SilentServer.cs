using System.Net;
using System.Net.Sockets;

namespace MilvusTracing.Tests.Support;

/// <summary>Accepts connections on a free loopback port and never responds.</summary>
internal sealed class SilentServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SilentServer()
    {
        _listener.Start();
        Connected = _listener.AcceptSocketAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Completes with the first connection.</summary>
    public Task<Socket> Connected { get; }

    public void Dispose() => _listener.Dispose();
}
