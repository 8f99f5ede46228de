using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Wire = MilvusTracing.Emulator.Protos;

namespace Milvus.Client;

/// <summary>A collection. Every method calls Milvus and throws the same exceptions as <see cref="MilvusClient"/>.</summary>
public class MilvusCollection
{
    private const ulong NoGuarantee = 1;
    private const ulong BoundedGuarantee = 2;

    private readonly MilvusClient _client;

    internal MilvusCollection(MilvusClient client, string name) => (_client, Name) = (client, name);

    public string Name { get; }

    public Task DropAsync(CancellationToken cancellationToken = default) =>
        _client.InvokeAsync(
            _client.Calls.DropCollectionAsync,
            new Wire.CollectionRequest { CollectionName = Name },
            static r => r,
            cancellationToken);

    public async Task CreateIndexAsync(
        string fieldName,
        IndexType? indexType = null,
        SimilarityMetricType? metricType = null,
        string? indexName = null,
        IDictionary<string, string>? extraParams = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fieldName);

        var request = new Wire.CreateIndexRequest { CollectionName = Name, FieldName = fieldName };

        if (indexName is not null)
        {
            request.IndexName = indexName;
        }

        if (metricType is { } metric)
        {
            request.ExtraParams.Add(Pair("metric_type", metric.ToString().ToUpperInvariant()));
        }

        if (indexType is { } type)
        {
            request.ExtraParams.Add(Pair("index_type", NameOf(type)));
        }

        if (extraParams is not null)
        {
            request.ExtraParams.Add(Pair("params", Json(extraParams)));
        }

        await _client.InvokeAsync(_client.Calls.CreateIndexAsync, request, static r => r, cancellationToken)
            .ConfigureAwait(false);
    }

    public Task LoadAsync(int? replicaNumber = null, CancellationToken cancellationToken = default)
    {
        if (replicaNumber is not null)
        {
            throw new ArgumentOutOfRangeException(nameof(replicaNumber), replicaNumber, "The stand-in supports one replica.");
        }

        var request = new Wire.CollectionRequest { CollectionName = Name };

        return _client.InvokeAsync(_client.Calls.LoadCollectionAsync, request, static r => r, cancellationToken);
    }

    public async Task<long> GetLoadingProgressAsync(
        IReadOnlyList<string>? partitionNames = null,
        CancellationToken cancellationToken = default)
    {
        var request = new Wire.GetLoadStateRequest { CollectionName = Name, PartitionNames = { partitionNames ?? [] } };
        var response = await _client
            .InvokeAsync(_client.Calls.GetLoadingProgressAsync, request, static r => r.Status, cancellationToken)
            .ConfigureAwait(false);

        return response.Progress;
    }

    /// <exception cref="TimeoutException">The collection was not loaded within <paramref name="timeout"/>.</exception>
    public async Task WaitForCollectionLoadAsync(
        IReadOnlyList<string>? partitionNames = null,
        TimeSpan? waitingInterval = null,
        TimeSpan? timeout = null,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var interval = waitingInterval ?? TimeSpan.FromMilliseconds(500);
        var started = Stopwatch.GetTimestamp();

        while (true)
        {
            var percent = await GetLoadingProgressAsync(partitionNames, cancellationToken).ConfigureAwait(false);
            progress?.Report(percent);

            if (percent == 100)
            {
                return;
            }

            if (timeout is { } limit && Stopwatch.GetElapsedTime(started) + interval >= limit)
            {
                throw new TimeoutException($"Timeout when waiting for collection '{Name}' to load");
            }

            await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<MutationResult> InsertAsync(
        IReadOnlyList<FieldData> data,
        string? partitionName = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);

        var rows = data[0].RowCount;
        if (data.Any(field => field.RowCount != rows))
        {
            throw new MilvusException("All fields must have the same number of rows.");
        }

        var request = new Wire.InsertRequest
        {
            CollectionName = Name,
            PartitionName = partitionName ?? "",
            NumRows = (uint)rows,
            FieldsData = { data.Select(field => field.ToWire()) },
        };

        return Written(await _client
            .InvokeAsync(_client.Calls.InsertAsync, request, static r => r.Status, cancellationToken)
            .ConfigureAwait(false));
    }

    public async Task<MutationResult> DeleteAsync(
        string expression,
        string? partitionName = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(expression);

        var request = new Wire.DeleteRequest
        {
            CollectionName = Name,
            Expr = expression,
            PartitionName = partitionName ?? "",
        };

        return Written(await _client
            .InvokeAsync(_client.Calls.DeleteAsync, request, static r => r.Status, cancellationToken)
            .ConfigureAwait(false));
    }

    public async Task<SearchResults> SearchAsync<T>(
        string vectorFieldName,
        IReadOnlyList<ReadOnlyMemory<T>> vectors,
        SimilarityMetricType metricType,
        int limit,
        SearchParameters? parameters = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(vectorFieldName);
        ArgumentNullException.ThrowIfNull(vectors);

        if (vectors is not IReadOnlyList<ReadOnlyMemory<float>> floatVectors)
        {
            throw new ArgumentException("The stand-in supports float vectors.", nameof(vectors));
        }

        var placeholder = new Wire.PlaceholderValue
        {
            Tag = "$0",
            Type = Wire.PlaceholderType.FloatVector,
            Values = { floatVectors.Select(vector => ByteString.CopyFrom(MemoryMarshal.AsBytes(vector.Span))) },
        };

        var request = new Wire.SearchRequest
        {
            CollectionName = Name,
            DslType = Wire.DslType.BoolExprV1,
            Dsl = parameters?.Expression ?? "",
            OutputFields = { parameters?.OutputFields ?? [] },
            UseDefaultConsistency = parameters?.ConsistencyLevel is null,
            ConsistencyLevel = (Wire.ConsistencyLevel)(parameters?.ConsistencyLevel ?? default),
            GuaranteeTimestamp = GuaranteeTimestamp(parameters?.ConsistencyLevel),
            PlaceholderGroup = new Wire.PlaceholderGroup { Placeholders = { placeholder } }.ToByteString(),
            SearchParams =
            {
                Pair("anns_field", vectorFieldName),
                Pair("topk", limit.ToString(CultureInfo.InvariantCulture)),
                Pair("metric_type", metricType.ToString().ToUpperInvariant()),
                Pair("params", "{}"),
            },
        };

        var response = await _client
            .InvokeAsync(_client.Calls.SearchAsync, request, static r => r.Status, cancellationToken)
            .ConfigureAwait(false);

        return new SearchResults
        {
            CollectionName = response.CollectionName,
            FieldsData = [.. response.Results.FieldsData.Select(FieldData.FromWire)],
            Ids = MilvusIds.From(response.Results.Ids),
            NumQueries = response.Results.NumQueries,
            Scores = response.Results.Scores,
            Limit = response.Results.TopK,
            Limits = response.Results.Topks,
        };
    }

    public async Task<IReadOnlyList<FieldData>> QueryAsync(
        string expression,
        QueryParameters? parameters = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(expression);

        var request = new Wire.QueryRequest
        {
            CollectionName = Name,
            Expr = expression,
            OutputFields = { parameters?.OutputFields ?? [] },
            UseDefaultConsistency = parameters?.ConsistencyLevel is null,
            ConsistencyLevel = (Wire.ConsistencyLevel)(parameters?.ConsistencyLevel ?? default),
            GuaranteeTimestamp = GuaranteeTimestamp(parameters?.ConsistencyLevel),
        };

        var response = await _client
            .InvokeAsync(_client.Calls.QueryAsync, request, static r => r.Status, cancellationToken)
            .ConfigureAwait(false);

        return [.. response.FieldsData.Select(FieldData.FromWire)];
    }

    private MutationResult Written(Wire.MutationResult response)
    {
        _client.LastWrites[Name] = response.Timestamp;

        return new MutationResult(response);
    }

    /// <summary>The guarantee timestamp of a read: 0 waits for all writes, 1 for none; the default, session, waits for the writes of this client.</summary>
    private ulong GuaranteeTimestamp(ConsistencyLevel? level) =>
        (level ?? ConsistencyLevel.Session) switch
        {
            ConsistencyLevel.Strong => 0,
            ConsistencyLevel.Session => _client.LastWrites.GetValueOrDefault(Name, NoGuarantee),
            ConsistencyLevel.BoundedStaleness => BoundedGuarantee,
            ConsistencyLevel.Eventually => NoGuarantee,
            _ => throw new ArgumentException("The stand-in does not support a custom guarantee timestamp."),
        };

    private static string NameOf(IndexType type) =>
        type switch
        {
            IndexType.Flat => "FLAT",
            IndexType.IvfFlat => "IVF_FLAT",
            IndexType.Hnsw => "HNSW",
            IndexType.AutoIndex => "AUTOINDEX",
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The stand-in does not support this index."),
        };

    private static string Json(IDictionary<string, string> parameters) =>
        "{" + string.Join(", ", parameters.Select(p => $"\"{p.Key}\":{p.Value}")) + "}";

    private static Wire.KeyValuePair Pair(string key, string value) => new() { Key = key, Value = value };
}
