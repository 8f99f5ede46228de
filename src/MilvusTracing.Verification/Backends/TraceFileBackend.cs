using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MilvusTracing.Verification;

/// <summary>
/// Reads traces from files: what Jaeger's UI downloads, OTLP JSON (one document, or one on each line as the Collector's file exporter writes
/// them), both also compressed with gzip, and the Aspire dashboard's export, a zip.
/// </summary>
/// <param name="paths">The files. The spans of all are merged.</param>
/// <remarks>The files are read once, up to 256 MiB of JSON each and 200,000 spans in all.</remarks>
/// <example>
/// <code>
/// var file = new TraceFileBackend("trace.json");
/// var service = await file.FindCallerAsync(cancellationToken) ?? "shop";
/// var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [file], Service = service, Wait = TimeSpan.Zero });
/// </code>
/// </example>
public sealed partial class TraceFileBackend(params IReadOnlyList<string> paths) : ITraceBackend
{
    private const int MaxSpans = 200_000;

    /// <summary>Enough to recognize the format.</summary>
    private const int StartLength = 1_024;

    private Task<IReadOnlyList<TraceData>>? _traces;

    /// <inheritdoc/>
    public string Name => paths.Count == 1 ? Path.GetFileName(paths[0]) : $"{paths.Count} files";

    /// <inheritdoc/>
    public Uri? Url => null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken) =>
        [.. (await ReadAsync(cancellationToken).ConfigureAwait(false))
            .SelectMany(trace => trace.Spans).Select(span => span.Service).Distinct().Select(name => new ServiceInfo(name))];

    /// <inheritdoc/>
    public async Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(trace => trace.Id == traceId);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return [.. (await ReadAsync(cancellationToken).ConfigureAwait(false))
            .Where(trace => !(trace.Start < query.From || trace.Start > query.To) && trace.Spans.Any(span => span.Service == query.Service))
            .Take(query.Limit)];
    }

    /// <summary>Finds the service whose calls of Milvus are in the files, for users who do not know its name.</summary>
    /// <param name="cancellationToken">Cancels reading.</param>
    /// <returns>The service with most calls; null if no span is a call of Milvus.</returns>
    /// <exception cref="BackendException">A file cannot be read.</exception>
    public async Task<string?> FindCallerAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken).ConfigureAwait(false))
            .SelectMany(trace => trace.Graph.Nodes).Where(SpanClassifier.IsClientCall)
            .GroupBy(call => call.Span.Service).MaxBy(calls => calls.Count())?.Key;

    private Task<IReadOnlyList<TraceData>> ReadAsync(CancellationToken cancellationToken) =>
        _traces is { IsCanceled: false } ? _traces : _traces = ReadFilesAsync(cancellationToken);

    /// <returns>The latest trace first.</returns>
    private async Task<IReadOnlyList<TraceData>> ReadFilesAsync(CancellationToken cancellationToken)
    {
        var traces = new List<TraceData>();
        var count = 0;
        foreach (var path in paths)
        {
            var before = count;
            try
            {
                await foreach (var document in ReadFileAsync(path, cancellationToken).ConfigureAwait(false))
                {
                    foreach (var trace in OtlpReader.ToTraces(document))
                    {
                        traces.Add(trace);
                        count += trace.Spans.Count;
                    }

                    if (count > MaxSpans)
                    {
                        throw new BoundedStream.LimitExceededException();
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or JsonException
                or FormatException or ArgumentException or NotSupportedException or BoundedStream.LimitExceededException)
            {
                throw new BackendException(BackendFailure.File(path, exception), exception);
            }

            if (count == before)
            {
                throw new BackendException(BackendFailure.File(path, null));
            }
        }

        return [.. traces
            .GroupBy(trace => trace.Id)
            .Select(parts => parts.Count() == 1 ? parts.Single() : new TraceData(parts.Key, parts.SelectMany(part => part.Spans)))
            .OrderByDescending(trace => trace.Start)];
    }

    private static async IAsyncEnumerable<OtlpTraces> ReadFileAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
        await using var closing = file.ConfigureAwait(false);
        var (start, content) = await PeekAsync(file, cancellationToken).ConfigureAwait(false);
        if (!start.StartsWith("PK", StringComparison.Ordinal))
        {
            var isGzip = start.StartsWith("\u001f\u008b", StringComparison.Ordinal);
            await foreach (var document in ReadJsonAsync(isGzip ? new GZipStream(content, CompressionMode.Decompress) : content, cancellationToken).ConfigureAwait(false))
            {
                yield return document;
            }

            yield break;
        }

        // The dashboard's export has a folder for each signal, and in it a file for each service.
        using var zip = new ZipArchive(file, ZipArchiveMode.Read);
        foreach (var entry in zip.Entries.Where(entry => entry.FullName.StartsWith("traces/", StringComparison.Ordinal) && entry.Length > 0))
        {
            var json = entry.Open();
            await using var closingEntry = json.ConfigureAwait(false);
            await foreach (var document in ReadJsonAsync(json, cancellationToken).ConfigureAwait(false))
            {
                yield return document;
            }
        }
    }

    private static async IAsyncEnumerable<OtlpTraces> ReadJsonAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (start, content) = await PeekAsync(stream, cancellationToken).ConfigureAwait(false);
        if (Text().Match(start) is { Success: true } text)
        {
            throw new FormatException(text.Value);
        }

        var json = new BoundedStream(content);
        // Read span by span, where the list comes first, as the UI writes it.
        if (JaegerUI().IsMatch(start))
        {
            await foreach (var document in JsonSerializer.DeserializeAsyncEnumerable(
                json, OtlpJson.Default.JaegerUITraces, topLevelValues: true, cancellationToken).ConfigureAwait(false))
            {
                yield return JaegerUITraces.ToOtlp(document?.Data);
            }

            yield break;
        }

        await foreach (var document in JsonSerializer.DeserializeAsyncEnumerable(
            json, OtlpJson.Default.OtlpDocument, topLevelValues: true, cancellationToken).ConfigureAwait(false))
        {
            yield return new OtlpTraces(document?.ResourceSpans ?? document?.Result?.ResourceSpans ?? document?.Data?.ResourceSpans);
        }
    }

    /// <returns>The first bytes as characters, and the whole content.</returns>
    private static async Task<(string Start, Stream Content)> PeekAsync(Stream stream, CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(stream);
        var buffer = (await pipe.ReadAtLeastAsync(StartLength, cancellationToken).ConfigureAwait(false)).Buffer;
        var start = Encoding.Latin1.GetString(buffer.Slice(0, Math.Min(StartLength, buffer.Length)).ToArray());
        pipe.AdvanceTo(buffer.Start);
        return (start, pipe.AsStream());
    }

    /// <summary>The start of a text that is not JSON, after a byte order mark.</summary>
    [GeneratedRegex("""(?<=^(ï»¿)?\s*)[^\s{\[ï].{0,30}""")]
    private static partial Regex Text();

    [GeneratedRegex("""^[^"]*"data"\s*:\s*\[""")]
    private static partial Regex JaegerUI();
}
