using System.Diagnostics;
using System.Globalization;
using System.Text;
using MilvusTracing.Instrumentation.Protocol;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>A call to Milvus. Writes what is read of its request and its response to its span and to the metric.</summary>
internal sealed class MilvusCall
{
    private const string SystemName = "milvus";
    private const string DefaultDatabase = "default";
    private const string DatabaseHeader = "dbname";

    private readonly MilvusMethod _method;
    private readonly Uri _server;
    private readonly Activity _span;
    private readonly TracingOptions? _options;
    private string _database;
    private string? _collection;
    private string? _spanName;
    private string? _statusCode;
    private string? _reason;
    private bool _isRequestRead;
    private volatile bool _isStopped;

    /// <param name="method">The RPC.</param>
    /// <param name="request">The request, before it is sent.</param>
    /// <param name="span">The span of the gRPC client.</param>
    /// <param name="options">The options of the span; null if it is not recorded.</param>
    public MilvusCall(MilvusMethod method, HttpRequestMessage request, Activity span, TracingOptions? options)
    {
        (_method, _server, _span, _options) = (method, request.RequestUri!, span, options);
        // Milvus.Client sends the name of the database in a header; few messages contain it.
        _database = request.Headers.NonValidated.TryGetValues(DatabaseHeader, out var names) && names.ToString() is { Length: > 0 } name ? name : DefaultDatabase;
        if (_options is not null)
        {
            _span.SetTag(AttributeNames.System, SystemName);
            _span.SetTag(AttributeNames.Operation, method.Operation);
        }
    }

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
            (_, _collection, _spanName) = _method.TargetOf(request.Collection);
        }

        if (_options is not null)
        {
            SetRequestTags(request, _options);
        }
    }

    /// <summary>gRPC read the status in the message of the response.</summary>
    public void OnResponse(in StatusReader status)
    {
        if (status.Code != 0 && _method.HasStatus)
        {
            _statusCode = status.Code.ToString(CultureInfo.InvariantCulture);
            _reason = status.Reason;
        }
    }

    /// <summary>The HTTP request fails: no connection, or a broken one.</summary>
    public void OnException(Exception exception) => _reason ??= exception.GetBaseException().Message;

    /// <summary>The call ends. Its span has its duration and is about to stop.</summary>
    public void OnStop(HttpResponseMessage? response)
    {
        _isStopped = true;
        var error = _statusCode ?? GrpcStatus.Of(_span);
        if (_options is not null)
        {
            CompleteSpan(_options, error, response);
        }

        if (OperationDuration.Enabled)
        {
            RecordDuration(error);
        }
    }

    private void SetRequestTags(in RequestSummary request, TracingOptions options)
    {
        // By the conventions, a batch has at least two operations.
        _span.SetTag(AttributeNames.BatchSize, request.Rows > 1 ? Boxed.Number((long)request.Rows) : null);
        if (options.RecordFilter && !request.Filter.IsEmpty)
        {
            _span.SetTag(_method.Request.IsSearch ? AttributeNames.Filter : AttributeNames.QueryText, Encoding.UTF8.GetString(request.Filter));
        }

        if (_method.Request.IsSearch)
        {
            _span.SetTag(AttributeNames.TopK, request.TopK is { } topK ? Boxed.Number(topK) : null);
            _span.SetTag(AttributeNames.MetricType, request.MetricType);
            _span.SetTag(AttributeNames.ConsistencyLevel, request.ConsistencyLevel);
            _span.SetTag(AttributeNames.QueryVectors, request.QueryVectors > 0 ? Boxed.Number((long)request.QueryVectors) : null);
            _span.SetTag(AttributeNames.OutputFields, Boxed.Number(request.OutputFields));
        }
    }

    private void CompleteSpan(TracingOptions options, string? error, HttpResponseMessage? response)
    {
        _span.SetTag(AttributeNames.Namespace, _database);
        _span.SetTag(AttributeNames.Collection, _collection);
        if (_span.GetTagItem(AttributeNames.ServerAddress) is null)
        {
            // The application does not use OpenTelemetry's gRPC instrumentation.
            _span.SetTag(AttributeNames.ServerAddress, _server.Host);
            _span.SetTag(AttributeNames.ServerPort, Boxed.Number(_server.Port));
        }

        if (options.SetSpanName)
        {
            _span.DisplayName = _spanName ?? _method.SpanNameWithoutCollection(_database, _server);
        }

        if (error is not null)
        {
            _span.SetTag(AttributeNames.ErrorType, error);
            _span.SetTag(AttributeNames.ResponseStatus, _statusCode);
            _span.SetStatus(ActivityStatusCode.Error, _reason ?? GrpcStatus.MessageOf(response));
        }
    }

    private void RecordDuration(string? error)
    {
        var attributes = new TagList
        {
            { AttributeNames.System, SystemName },
            { AttributeNames.Operation, _method.Operation },
            { AttributeNames.Namespace, _database },
            { AttributeNames.ServerAddress, _server.Host },
            { AttributeNames.ServerPort, Boxed.Number(_server.Port) },
        };
        Add(AttributeNames.Collection, _collection);
        Add(AttributeNames.ErrorType, error);
        Add(AttributeNames.ResponseStatus, _statusCode);
        OperationDuration.Record(_span.Duration, attributes);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                attributes.Add(name, value);
            }
        }
    }
}
