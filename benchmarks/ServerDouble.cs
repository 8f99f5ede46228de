using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Net.Client;

namespace MilvusTracing.Benchmarks;

/// <summary>
/// A connection to a Milvus in this process, which gives each call the same response. It has no socket, so that a call costs what the
/// client does, and hardly more.
/// </summary>
/// <remarks>
/// It knows as much of HTTP/2 (RFC 9113) as SocketsHttpHandler needs, which always writes whole frames, and calls no other members of the
/// stream than those that are overridden here.
/// </remarks>
internal sealed class ServerDouble(byte[] response) : MemoryStream
{
    private const byte EndStream = 1;
    private const byte Acknowledgement = 1;
    private const byte EndHeaders = 4;

    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    // The client never waits for the flow control of a call (4 is SETTINGS_INITIAL_WINDOW_SIZE), nor of the first 2 GB of the connection.
    private static readonly byte[] Settings = [0, 4, 0x7F, 0xFF, 0xFF, 0xFF];
    private static readonly byte[] Window = [0x7F, 0xFF, 0, 0];

    // HPACK (RFC 7541): 0x88 is ":status: 200", 31 the name "content-type", 0 a name that follows. Texts have their length first.
    private static readonly byte[] Headers = [0x88, 0x0F, 31 - 15, 16, .. "application/grpc"u8];
    private static readonly byte[] Trailers = [0, 11, .. "grpc-status"u8, 1, .. "0"u8];

    private readonly byte[] _body = Wire.Frame(response);
    private readonly Pipe _responses = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private bool _isOpen;

    private enum FrameType : byte
    {
        Data,
        Headers,
        Settings = 4,
        Ping = 6,
        WindowUpdate = 8,
    }

    /// <returns>A client whose server responds to each call with the message <paramref name="response"/>.</returns>
    public static MilvusClient CreateClient(byte[] response)
    {
        var handler = new SocketsHttpHandler { ConnectCallback = (_, _) => new(new ServerDouble(response)) };
        var channel = GrpcChannel.ForAddress("http://localhost:19530", new() { HttpHandler = handler, DisposeHttpClient = true });
        return new MilvusClient(channel, apiKey: "root:Milvus");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _responses.Reader.ReadAsync(cancellationToken);
        var bytes = read.Buffer.Slice(0, Math.Min(buffer.Length, read.Buffer.Length));
        bytes.CopyTo(buffer.Span);
        _responses.Reader.AdvanceTo(bytes.End);
        return (int)bytes.Length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Receive(buffer.Span);
        await _responses.Writer.FlushAsync(cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void Dispose(bool disposing) => _responses.Writer.Complete();

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        if (!_isOpen)
        {
            _isOpen = true;
            Send(FrameType.Settings, 0, 0, Settings);
            Send(FrameType.WindowUpdate, 0, 0, Window);
            bytes = bytes[Preface.Length..];
        }

        for (int length; !bytes.IsEmpty; bytes = bytes[length..])
        {
            // A frame: the length of its content (3 bytes), its type, its flags, its stream (4 bytes), its content.
            length = 9 + (BinaryPrimitives.ReadInt32BigEndian(bytes) >> 8);
            var (type, flags, stream) = ((FrameType)bytes[3], bytes[4], BinaryPrimitives.ReadInt32BigEndian(bytes[5..]));
            switch (type)
            {
                case FrameType.Settings or FrameType.Ping when flags != Acknowledgement:
                    Send(type, Acknowledgement, 0, type == FrameType.Ping ? bytes[9..length] : []);
                    break;
                case FrameType.Data or FrameType.Headers when (flags & EndStream) != 0:
                    Send(FrameType.Headers, EndHeaders, stream, Headers);
                    Send(FrameType.Data, 0, stream, _body);
                    Send(FrameType.Headers, EndHeaders | EndStream, stream, Trailers);
                    break;
            }
        }
    }

    private void Send(FrameType type, byte flags, int stream, ReadOnlySpan<byte> content)
    {
        Span<byte> header = stackalloc byte[9];
        BinaryPrimitives.WriteInt32BigEndian(header, content.Length << 8);
        (header[3], header[4]) = ((byte)type, flags);
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
        _responses.Writer.Write(header);
        _responses.Writer.Write(content);
    }
}
