using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace MilvusTracing.Tests.Support;

/// <summary>Protobuf messages of any form, also such as generated types cannot have, and gRPC frames.</summary>
internal static class Wire
{
    /// <param name="fields">Field numbers with numbers, text, bytes, messages, or packed floats and integers.</param>
    public static byte[] Message(params (int Number, object Value)[] fields) => Write(output =>
    {
        foreach (var (number, value) in fields)
        {
            if (value is int or long or bool or ulong)
            {
                output.WriteTag(number, WireFormat.WireType.Varint);
                output.WriteUInt64(value is ulong unsigned ? unsigned : (ulong)Convert.ToInt64(value));
                continue;
            }

            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(value switch
            {
                string text => ByteString.CopyFromUtf8(text),
                float[] floats => ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(floats)),
                long[] integers => ByteString.CopyFrom(Write(packed => Array.ForEach(integers, packed.WriteInt64))),
                byte[] bytes => ByteString.CopyFrom(bytes),
                _ => throw new NotSupportedException($"{value.GetType()}"),
            });
        }
    });

    /// <returns>The message with gRPC's header: a byte for the compression, and the length.</returns>
    public static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    /// <returns>A status of Milvus.</returns>
    public static byte[] Status(int code, string reason, int oldCode = 1) => Message((1, oldCode), (2, reason), (3, code));

    private static byte[] Write(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            write(output);
        }

        return stream.ToArray();
    }
}
