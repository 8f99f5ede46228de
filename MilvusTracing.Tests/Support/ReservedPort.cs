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

    public void Dispose() => _socket.Dispose();
}
