namespace MilvusTracing.Instrumentation.Calls;

/// <summary>Caches boxed numbers for attribute values, so that frequent ones are not allocated again.</summary>
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

        // Mostly the port of the server.
        var last = _last;
        return (long)last == number ? last : _last = number;
    }
}
