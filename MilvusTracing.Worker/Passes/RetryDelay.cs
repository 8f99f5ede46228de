namespace MilvusTracing.Worker.Passes;

internal static class RetryDelay
{
    private const int LongestSeconds = 30;

    /// <summary>1, 2, 4, 8, 16 and then 30 seconds.</summary>
    /// <param name="failures">How many passes failed in a row: 1 or more.</param>
    public static TimeSpan After(int failures)
        => TimeSpan.FromSeconds(failures > 5 ? LongestSeconds : 1 << (failures - 1));
}
