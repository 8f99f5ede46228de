using System.Globalization;

namespace MilvusTracing.Verifier.CommandLine;

/// <summary>The time in <c>--wait</c>: a number with ms, s or m, or of seconds.</summary>
internal readonly record struct WaitTime(TimeSpan Value)
{
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    public static bool TryParse(string text, out WaitTime time)
    {
        time = default;
        var digits = text.TrimEnd('m', 's');
        double? milliseconds = text[digits.Length..] switch
        {
            "ms" => 1,
            "s" or "" => 1_000,
            "m" => 60_000,
            _ => null,
        };
        if (milliseconds is null
            || !double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number * milliseconds > Longest.TotalMilliseconds)
        {
            return false;
        }

        time = new WaitTime(TimeSpan.FromMilliseconds(number * milliseconds.Value));
        return true;
    }

    /// <summary>As it may be written, for the help.</summary>
    public override string ToString() => FormattableString.Invariant($"{Value.TotalSeconds}s");
}
