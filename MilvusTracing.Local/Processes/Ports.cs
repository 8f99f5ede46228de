using System.Net;
using System.Net.Sockets;

namespace MilvusTracing.Local.Processes;

/// <summary>Ports on the loopback interface.</summary>
internal static class Ports
{
    /// <summary>The wanted ports where all of them are free, else as many others that are.</summary>
    /// <remarks>Another process may take one before it is used: whoever uses it has to be ready for that.</remarks>
    public static int[] FreeOr(params int[] wanted) => wanted.All(IsFree) ? wanted : Free(wanted.Length);

    /// <summary>Free ports, all different.</summary>
    public static int[] Free(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            foreach (var listener in listeners)
            {
                listener.Start();
            }
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners)
            {
                listener.Dispose();
            }
        }
    }

    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
