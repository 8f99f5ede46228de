using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MilvusTracing.Tests.Support;

/// <summary>Protobuf messages and gRPC frames, as Milvus and its clients write them.</summary>
internal static class Wire
{
    /// <param name="fields">In order: numbers are varints, text, bytes and messages have a length, floats are packed.</param>
    public static byte[] Message(params (int Number, object Value)[] fields)
    {
        var bytes = new List<byte>();
        foreach (var (number, value) in fields)
        {
            if (value is int or long or bool or ulong)
            {
                AddVarint(bytes, (ulong)number << 3);
                AddVarint(bytes, value is ulong unsigned ? unsigned : (ulong)Convert.ToInt64(value));
                continue;
            }

            var payload = value switch
            {
                string text => Encoding.UTF8.GetBytes(text),
                float[] floats => MemoryMarshal.AsBytes<float>(floats).ToArray(),
                long[] longs => Packed(longs),
                byte[] message => message,
                _ => throw new NotSupportedException($"{value.GetType()}"),
            };
            AddVarint(bytes, ((ulong)number << 3) | 2);
            AddVarint(bytes, (ulong)payload.Length);
            bytes.AddRange(payload);
        }

        return [.. bytes];
    }

    /// <returns>A message in a gRPC frame.</returns>
    public static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    /// <returns>A Milvus status.</returns>
    public static byte[] Status(int code, string reason, int oldCode = 1) => Message((1, oldCode), (2, reason), (3, code));

    private static byte[] Packed(long[] numbers)
    {
        var bytes = new List<byte>();
        foreach (var number in numbers)
        {
            AddVarint(bytes, (ulong)number);
        }

        return [.. bytes];
    }

    private static void AddVarint(List<byte> bytes, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
    }
}
