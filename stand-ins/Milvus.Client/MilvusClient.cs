using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = MilvusTracing.Emulator.Protos;

namespace Milvus.Client;

/// <summary>One gRPC channel to Milvus; safe for concurrent use.</summary>
public sealed class MilvusClient : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly bool _ownsChannel;
    private readonly CallOptions _callOptions;
    private readonly ILogger _log;

    public MilvusClient(
        Uri endpoint,
        string apiKey,
        string? database = null,
        CallOptions callOptions = default,
        ILoggerFactory? loggerFactory = null)
        : this(GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions { LoggerFactory = loggerFactory }), apiKey, database, callOptions, loggerFactory)
        => _ownsChannel = true;

    public MilvusClient(
        GrpcChannel grpcChannel,
        string apiKey,
        string? database = null,
        CallOptions callOptions = default,
        ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(grpcChannel);

        _channel = grpcChannel;
        _log = loggerFactory?.CreateLogger("Milvus.Client") ?? NullLogger.Instance;
        Calls = new Wire.MilvusService.MilvusServiceClient(_channel);

        var headers = new Metadata { { "authorization", Convert.ToBase64String(Encoding.UTF8.GetBytes(apiKey)) } };
        if (database is not null)
        {
            headers.Add("dbname", database);
        }

        _callOptions = callOptions.WithHeaders(headers);
    }

    public string Address => _channel.Target;

    internal Wire.MilvusService.MilvusServiceClient Calls { get; }

    /// <summary>The timestamp of this client's last write to each collection, for session consistency.</summary>
    internal ConcurrentDictionary<string, ulong> LastWrites { get; } = new();

    /// <exception cref="RpcException">Milvus did not response; unlike other calls, an unhealthy response does not throw.</exception>
    public async Task<MilvusHealthState> HealthAsync(CancellationToken cancellationToken = default)
    {
        var response = await Calls
            .CheckHealthAsync(new Wire.CheckHealthRequest(), _callOptions.WithCancellationToken(cancellationToken))
            .ConfigureAwait(false);

        if (!response.IsHealthy)
        {
            _log.HealthCheckFailed(response.Reasons);
        }

        return new MilvusHealthState(response.IsHealthy, response.Status.Reason, (MilvusErrorCode)response.Status.Code);
    }

    public MilvusCollection GetCollection(string collectionName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(collectionName);

        return new MilvusCollection(this, collectionName);
    }

    /// <exception cref="MilvusException">Milvus responded with an error.</exception>
    /// <exception cref="RpcException">The call failed: no connection, wrong password, timeout or cancellation.</exception>
    public async Task<bool> HasCollectionAsync(
        string collectionName,
        ulong timestamp = 0,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(collectionName);
        ArgumentOutOfRangeException.ThrowIfNotEqual(timestamp, 0UL);

        var request = new Wire.CollectionRequest { CollectionName = collectionName };
        var response = await InvokeAsync(Calls.HasCollectionAsync, request, static r => r.Status, cancellationToken)
            .ConfigureAwait(false);

        return response.Value;
    }

    /// <exception cref="MilvusException">Milvus responded with an error.</exception>
    /// <exception cref="RpcException">The call failed: no connection, wrong password, timeout or cancellation.</exception>
    public async Task<MilvusCollection> CreateCollectionAsync(
        string collectionName,
        IReadOnlyList<FieldSchema> fields,
        ConsistencyLevel consistencyLevel = ConsistencyLevel.Session,
        int shardsNum = 1,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(collectionName);
        ArgumentNullException.ThrowIfNull(fields);

        var schema = new Wire.CollectionSchema { Name = collectionName, Fields = { fields.Select(ToWire) } };
        var request = new Wire.CreateCollectionRequest
        {
            CollectionName = collectionName,
            ConsistencyLevel = (Wire.ConsistencyLevel)consistencyLevel,
            ShardsNum = shardsNum,
            Schema = schema.ToByteString(),
        };

        await InvokeAsync(Calls.CreateCollectionAsync, request, static r => r, cancellationToken).ConfigureAwait(false);

        return new MilvusCollection(this, collectionName);
    }

    public override string ToString() => $"{{MilvusClient:{Address}}}";

    public void Dispose()
    {
        if (_ownsChannel)
        {
            _channel.Dispose();
        }
    }

    internal async Task<TResponse> InvokeAsync<TRequest, TResponse>(
        Func<TRequest, CallOptions, AsyncUnaryCall<TResponse>> call,
        TRequest request,
        Func<TResponse, Wire.Status> statusOf,
        CancellationToken cancellationToken,
        [CallerMemberName] string caller = "")
        where TRequest : class
    {
        _log.OperationInvoked(caller, request);

        var response = await call(request, _callOptions.WithCancellationToken(cancellationToken)).ConfigureAwait(false);
        var status = statusOf(response);
        var code = (MilvusErrorCode)status.Code;

        if (code != MilvusErrorCode.Success)
        {
            _log.OperationFailed(caller, code, status.Reason);

            throw new MilvusException(code, status.Reason);
        }

        return response;
    }

    private static Wire.FieldSchema ToWire(FieldSchema field)
    {
        var wire = new Wire.FieldSchema
        {
            Name = field.Name,
            DataType = (Wire.DataType)field.DataType,
            IsPrimaryKey = field.IsPrimaryKey,
            IsPartitionKey = field.IsPartitionKey,
            AutoID = field.AutoId,
            Description = field.Description,
        };

        AddTypeParameter("max_length", field.MaxLength);
        AddTypeParameter("dim", field.Dimension);
        return wire;

        void AddTypeParameter(string key, int? value)
        {
            if (value is { } number)
            {
                wire.TypeParams.Add(new Wire.KeyValuePair { Key = key, Value = number.ToString(CultureInfo.InvariantCulture) });
            }
        }
    }
}
