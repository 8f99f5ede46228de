using System.Net;
using System.Net.Sockets;

namespace MilvusTracing.Tests.Support;

/// <summary>A loopback port on which nothing listens and that the system gives to no one else until disposal.</summary>
internal sealed class ReservedPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <param name="number">The port; 0 chooses a free one.</param>
    /// <exception cref="SocketException">The port is in use.</exception>
    public ReservedPort(int number = 0) => _socket.Bind(new IPEndPoint(IPAddress.Loopback, number));

    public int Number => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <returns>The number of a port that is free now.</returns>
    public static int Free()
    {
        using var port = new ReservedPort();
        return port.Number;
    }

    public void Dispose() => _socket.Dispose();
}

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
