using System.Runtime.InteropServices;

namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>The scores in the response to a search, one for each hit.</summary>
internal readonly ref struct SearchScores
{
    // In SearchResults and in its SearchResultData.
    private const int ResultsField = 2;
    private const int ScoresField = 4;

    private SearchScores(ReadOnlySpan<float> scores)
    {
        (Count, Min, Max) = (scores.Length, double.MaxValue, double.MinValue);
        foreach (var score in scores)
        {
            (Min, Max) = (Math.Min(Min, score), Math.Max(Max, score));
        }
    }

    public int Count { get; }

    public double Min { get; }

    public double Max { get; }

    /// <summary>Skips the ids and the fields of the hits.</summary>
    public static SearchScores Read(ReadOnlySpan<byte> message)
    {
        for (var field = new ProtobufReader(message); field.Next();)
        {
            for (var result = new ProtobufReader(field.Number == ResultsField ? field.Bytes : default); result.Next();)
            {
                if (result.Number == ScoresField)
                {
                    return new SearchScores(MemoryMarshal.Cast<byte, float>(result.Bytes));
                }
            }
        }

        return default;
    }
}
