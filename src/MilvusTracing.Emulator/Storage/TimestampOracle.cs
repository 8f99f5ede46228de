namespace MilvusTracing.Emulator.Storage;

/// <summary>
/// Allocates strictly increasing hybrid timestamps, as Milvus does: milliseconds since 1970, then 18 bits of a counter. It
/// allocates IDs as well.
/// </summary>
internal sealed class TimestampOracle
{
    private const int LogicalBits = 18;
    private long _last;

    public long Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() << LogicalBits);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return next;
            }
        }
    }

    public static ulong ToUnixMilliseconds(long timestamp) => (ulong)(timestamp >> LogicalBits);
}
