namespace MilvusTracing.Instrumentation.Calls;

/// <summary>Numbers as attribute values, without a new object for those that come all the time.</summary>
internal static class Boxed
{
    private static readonly object[] Small = [.. Enumerable.Range(0, 129).Select(number => (object)(long)number)];
    private static object _last = 0L;

    public static object Number(long number)
    {
        if (number >= 0 && number < Small.Length)
        {
            return Small[number];
        }

        // A server's port, above all.
        var last = _last;
        return (long)last == number ? last : _last = number;
    }
}
