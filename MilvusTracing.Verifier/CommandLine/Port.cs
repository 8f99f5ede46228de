using System.Net.Sockets;

namespace MilvusTracing.Verifier.CommandLine;

/// <summary>Whether anything listens at an address.</summary>
internal static class Port
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    public static bool IsOpen(Uri url)
    {
        using var client = new TcpClient();
        try
        {
            return client.ConnectAsync(url.Host, url.Port).Wait(Limit);
        }
        catch (AggregateException)
        {
            return false;
        }
    }
}
