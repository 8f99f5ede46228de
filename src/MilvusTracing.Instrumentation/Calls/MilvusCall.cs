using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using MilvusTracing.Instrumentation.Protocol;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>A call to Milvus. Writes what is read of its request and its response to its span and to the metric.</summary>
/// <remarks>It is the content of the request, too, which saves an object, and sees the message while gRPC writes it to the connection.</remarks>
internal sealed class MilvusCall : ObservedContent
{
    private const string SystemName = "milvus";
    private const string DefaultDatabase = "default";
    private const string DatabaseHeader = "dbname";
    // gRPC's client-side load balancing replaces this host when it has chosen a server.
    private const string NoServerYet = "loadbalancer.temporary.invalid";

    private readonly MilvusMethod _method;
    private readonly HttpRequestMessage _request;
    private readonly Activity _span;
    private readonly TracingOptions? _options;
    private string? _database;
    private Target? _target;
    private Failure? _failure;
    private bool _isRequestRead;
    private bool _isResponseRead;
    private volatile bool _isStopped;

    /// <param name="method">The RPC.</param>
    /// <param name="request">The request, before it is sent.</param>
    /// <param name="content">The content of the request.</param>
    /// <param name="span">The span of the gRPC client.</param>
    /// <param name="options">The options of the span; null if it is not recorded.</param>
    public MilvusCall(MilvusMethod method, HttpRequestMessage request, HttpContent content, Activity span, TracingOptions? options)
        : base(content)
    {
        (_method, _request, _span, _options) = (method, request, span, options);
        // Milvus.Client sends the name of the database in a header; few messages contain it.
        _database = request.Headers.NonValidated.TryGetValues(DatabaseHeader, out var names) && names.ToString() is { Length: > 0 } name ? name
            : method.Request.Database > 0 ? DefaultDatabase : null;
        if (_options is not null)
        {
            _span.SetTag(AttributeNames.System, SystemName);
            _span.SetTag(AttributeNames.Operation, method.Operation);
        }
    }

    /// <summary>Whether to read the hits of a response.</summary>
    public bool ReadsResult => _method.Request.IsSearch && _options is { RecordReturnedRows: true };

    /// <summary>The server that the request was sent to last; null if no server was chosen.</summary>
    private Uri? Server => _request.RequestUri is { Host: not NoServerYet } uri ? uri : null;

    /// <summary>gRPC writes the message of the request.</summary>
    public void OnRequest(ReadOnlySpan<byte> message)
    {
        // A retry by a handler writes the same message again. A call may stop before its request is written.
        if (_isRequestRead || _isStopped)
        {
            return;
        }

        _isRequestRead = true;
        var request = RequestSummary.Read(message, _method.Request);
        if (!request.Database.IsEmpty)
        {
            _database = Encoding.UTF8.GetString(request.Database);
        }

        if (!request.Collection.IsEmpty)
        {
            _target = _method.TargetOf(request.Collection);
        }

        if (_options is not null)
        {
            AddRequestTags(request, _options);
        }
    }

    /// <summary>The headers of a response arrive. After a retry by a handler they replace those of the attempt before.</summary>
    /// <returns>Whether to read its message.</returns>
    public bool OnResponseHeaders(HttpResponseMessage response)
    {
        var encoding = response.Headers.NonValidated.TryGetValues("grpc-encoding", out var encodings) ? encodings.ToString() : "";
        var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var contentTypes) ? contentTypes.ToString() : "";
        var isGrpc = contentType.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);
        var isReadable = isGrpc
            && encoding is "" or "identity" or "gzip"
            && !contentType.StartsWith("application/grpc-web-text", StringComparison.OrdinalIgnoreCase);
        if (isGrpc && !isReadable)
        {
            InstrumentationEventSource.Log.ResponseNotRead($"its grpc-encoding is '{encoding}' and its content type '{contentType}'");
        }

        _failure = null;
        // Even an unreadable response needs no second report.
        _isResponseRead = true;
        return isReadable;
    }

    /// <summary>gRPC read the status in the message of the response.</summary>
    /// <param name="status">The status.</param>
    /// <param name="message">The whole message; empty if it was not read.</param>
    public void OnResponse(in StatusReader status, ReadOnlySpan<byte> message)
    {
        if (status.Code != 0 && _method.HasStatus)
        {
            _failure = new Failure(status.Code.ToString(CultureInfo.InvariantCulture), status.Reason);
        }
        else if (ReadsResult && !message.IsEmpty && !_isStopped)
        {
            SetResultTags(SearchScores.Read(message));
        }
    }

    /// <summary>The HTTP request fails: no connection, or a broken one.</summary>
    public void OnException(Exception exception) => _failure = new Failure(Exception: exception);

    /// <summary>The call ends. Its span has its duration and is about to stop.</summary>
    public void OnStop(HttpResponseMessage? response)
    {
        _isStopped = true;
        if (response is not null && !_isResponseRead)
        {
            InstrumentationEventSource.Log.ResponseNotRead(
                "HttpClient reported no diagnostic event for it. Its handler is not SocketsHttpHandler, or its ActivityHeadersPropagator is null");
        }

        // A response that gRPC rejects does not count, whatever its status says.
        var grpcStatus = GrpcStatus.Of(_span);
        var statusCode = grpcStatus is null ? _failure?.StatusCode : null;
        var reason = grpcStatus is null ? _failure?.Reason : GrpcStatus.DescriptionOf(grpcStatus, response, _failure?.Exception);
        if (_options is not null)
        {
            CompleteSpan(_options, grpcStatus ?? statusCode, statusCode, reason);
        }

        if (OperationDuration.Enabled)
        {
            RecordDuration(grpcStatus ?? statusCode, statusCode);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => SerializeAsync(Content, new ObservedRequestStream(stream, this), context, cancellationToken);

    // The method is protected. The public CopyToAsync wraps the exceptions of a connection, and HttpClient would wrap them again.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = nameof(SerializeToStreamAsync))]
    private static extern Task SerializeAsync(HttpContent content, Stream stream, TransportContext? context, CancellationToken cancellationToken);

    private void AddRequestTags(in RequestSummary request, TracingOptions options)
    {
        Add(AttributeNames.InsertedRows, request.Rows > 0 ? Boxed.Number((long)request.Rows) : null);
        if (options.RecordFilter && !request.Filter.IsEmpty)
        {
            Add(_method.Request.IsSearch ? AttributeNames.Filter : AttributeNames.QueryText, Encoding.UTF8.GetString(request.Filter));
        }

        if (_method.Request.IsSearch)
        {
            Add(AttributeNames.TopK, request.TopK is { } topK ? Boxed.Number(topK) : null);
            Add(AttributeNames.MetricType, request.MetricType);
            Add(AttributeNames.Ranker, request.Ranker.IsEmpty ? null : Encoding.UTF8.GetString(request.Ranker));
            Add(AttributeNames.Requests, request.Requests > 0 ? Boxed.Number(request.Requests) : null);
            Add(AttributeNames.ConsistencyLevel, request.ConsistencyLevel);
            Add(AttributeNames.QueryVectors, request.QueryVectors > 1 ? Boxed.Number((long)request.QueryVectors) : null);
            Add(AttributeNames.OutputFields, request.OutputFields > 0 ? Boxed.Number(request.OutputFields) : null);
        }

        // SetTag would search all tags for the name each time, also to remove it.
        void Add(string name, object? value)
        {
            if (value is not null)
            {
                _span.AddTag(name, value);
            }
        }
    }

    private void SetResultTags(in SearchScores scores)
    {
        _span.SetTag(AttributeNames.ReturnedRows, Boxed.Number(scores.Count));
        if (scores.Count > 0)
        {
            _span.SetTag(AttributeNames.MinScore, scores.Min);
            _span.SetTag(AttributeNames.MaxScore, scores.Max);
        }
    }

    private void CompleteSpan(TracingOptions options, string? error, string? statusCode, string? reason)
    {
        _span.SetTag(AttributeNames.Namespace, _database);
        _span.SetTag(AttributeNames.Collection, _target?.Collection);
        var server = Server;
        if (_span.GetTagItem(AttributeNames.ServerAddress) as string != server?.Host)
        {
            // gRPC's instrumentation sets them before a server is chosen, or is not used.
            _span.SetTag(AttributeNames.ServerAddress, server?.Host);
            _span.SetTag(AttributeNames.ServerPort, server is null ? null : Boxed.Number(server.Port));
        }

        if (options.SetSpanName)
        {
            _span.DisplayName = _target?.SpanName ?? _method.SpanNameWithoutCollection(_database, server);
        }

        if (error is not null)
        {
            _span.SetTag(AttributeNames.ErrorType, error);
            _span.SetTag(AttributeNames.ResponseStatus, statusCode);
            _span.SetStatus(ActivityStatusCode.Error, ErrorDescription.Of(reason, options.RecordFilter));
        }
    }

    private void RecordDuration(string? error, string? statusCode)
    {
        var attributes = new TagList
        {
            { AttributeNames.System, SystemName },
            { AttributeNames.Operation, _method.Operation },
        };
        Add(AttributeNames.Namespace, _database);
        var server = Server;
        Add(AttributeNames.ServerAddress, server?.Host);
        Add(AttributeNames.ServerPort, server is null ? null : Boxed.Number(server.Port));
        Add(AttributeNames.Collection, _target?.Collection);
        Add(AttributeNames.ErrorType, error);
        Add(AttributeNames.ResponseStatus, statusCode);
        OperationDuration.Record(_span.Duration, attributes);

        void Add(string name, object? value)
        {
            if (value is not null)
            {
                attributes.Add(name, value);
            }
        }
    }
    /// <summary>Milvus's error code and reason, or the exception of the HTTP request.</summary>
    private sealed record Failure(string? StatusCode = null, string? Reason = null, Exception? Exception = null);
}
