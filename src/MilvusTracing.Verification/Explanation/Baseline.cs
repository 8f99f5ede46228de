using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>The durations of operations and their parts at one time, saved in a file to compare later ones with.</summary>
/// <example>
/// <code>
/// Baseline.Of(explanation).Save("before.json");
/// Console.WriteLine(Comparison.Of(Baseline.Load("before.json"), later).ToPlainText());
/// </code>
/// </example>
public sealed class Baseline
{
    private const string FormatName = "milvus-trace-baseline";
    private const int Version = 1;
    private const long MaxBytes = 64 * 1024 * 1024;

    private Baseline(IReadOnlyList<MeasuredOperation> operations) => Operations = operations;

    internal IReadOnlyList<MeasuredOperation> Operations { get; }

    /// <summary>Takes the durations of an explanation's calls.</summary>
    /// <param name="explanation">An explanation of all calls, not of the slowest one alone.</param>
    /// <returns>The baseline.</returns>
    public static Baseline Of(Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        return new Baseline([.. explanation.Operations.Select(operation => operation.Measured)]);
    }

    /// <summary>Reads a file that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The baseline.</returns>
    /// <exception cref="InvalidDataException">The file is not such a file; the message says so in one sentence.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Baseline Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = File.OpenRead(path);
        try
        {
            if (file.CanSeek && file.Length <= MaxBytes
                && JsonSerializer.Deserialize(file, BaselineJson.Default.BaselineFile) is { Format: FormatName, Operations: { } operations } read)
            {
                return read.Version != Version
                    ? throw new InvalidDataException($"{path} has version {read.Version}, and this milvus-trace reads version {Version}: save it again.")
                    : operations.All(IsValid) ? new Baseline([.. operations.OfType<MeasuredOperation>().Select(Printed)])
                    : throw NotABaseline(path);
            }
        }
        catch (JsonException)
        {
        }

        throw NotABaseline(path);
    }

    /// <summary>Writes the durations to a file, as JSON. The file holds no text of spans but the operations' names and consistency levels. An existing file is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        // An existing file is kept if the new one cannot be written whole.
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(new BaselineFile(FormatName, Version, Operations), BaselineJson.Default.BaselineFile));
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static InvalidDataException NotABaseline(string path) =>
        new($"{path} is not a file of durations that 'milvus-trace explain --save' wrote, or it is damaged: save it again.");

    private static bool IsValid(MeasuredOperation? operation) =>
        operation is { Operation: not null, Calls.Length: > 0, Parts: not null }
        && operation.Parts.Values.Append(operation.Calls).All(times =>
            times?.Length == operation.Calls.Length && times.All(time => time >= 0 && time <= TimeSpan.MaxValue.Ticks / times.Length));

    private static MeasuredOperation Printed(MeasuredOperation operation) => operation with
    {
        Operation = Printable.Of(operation.Operation),
        ConsistencyLevel = operation.ConsistencyLevel is { } level ? Printable.Of(level) : null,
    };
}

/// <summary>The content of a saved file.</summary>
internal sealed record BaselineFile(string? Format, int Version, IReadOnlyList<MeasuredOperation?>? Operations);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BaselineFile))]
internal sealed partial class BaselineJson : JsonSerializerContext;
