using System.Diagnostics;
using System.Globalization;
using System.Text;
using MilvusTracing.Instrumentation.Protocol;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>One call to Milvus: takes what is seen of it on the way, and tells the span and the metric.</summary>
internal sealed class MilvusCall
{
    private const string SystemName = "milvus";
    private const string DefaultDatabase = "default";
    private const string DatabaseHeader = "dbname";

    private readonly MilvusMethod _rpc;
    private readonly Uri _server;
    private readonly Activity _span;
    private readonly TracingOptions? _options;
    private string _database;
    private string? _collection;
    private string? _spanName;
    private string? _error;
    private string? _reason;
    private bool _isSent;
    private volatile bool _isFinished;

    /// <param name="rpc">What is called.</param>
    /// <param name="request">The request, before it is sent.</param>
    /// <param name="span">The gRPC client's.</param>
    /// <param name="options">What the span is to say; null: nothing, since nobody traces or it is not sampled.</param>
    public MilvusCall(MilvusMethod rpc, HttpRequestMessage request, Activity span, TracingOptions? options)
    {
        (_rpc, _server, _span, _options) = (rpc, request.RequestUri!, span, options);
        // Milvus.Client names the database in a header; few messages have it.
        _database = request.Headers.NonValidated.TryGetValues(DatabaseHeader, out var names) && names.ToString() is { Length: > 0 } name ? name : DefaultDatabase;
        if (_options is not null)
        {
            _span.SetTag(AttributeNames.System, SystemName);
            _span.SetTag(AttributeNames.Operation, rpc.Operation);
        }
    }

    /// <summary>The answer's reader, which counts rows where that was asked for.</summary>
    public AnswerReader Answer()
        => new(_rpc.AnswersWithStatusAlone, _options is { RecordReturnedRows: true } ? _rpc.Rows : AnsweredRows.None);

    /// <summary>The request's message as it is written.</summary>
    public void Sent(ReadOnlySpan<byte> message)
    {
        // What is sent again says the same; and a call may have failed before it was sent.
        if (_isSent || _isFinished)
        {
            return;
        }

        _isSent = true;
        var request = RequestSummary.Read(message, _rpc.Request);
        if (!request.Database.IsEmpty)
        {
            _database = Encoding.UTF8.GetString(request.Database);
        }

        if (!request.Collection.IsEmpty)
        {
            var target = _rpc.TargetOf(request.Collection);
            (_collection, _spanName) = (target.Collection, target.SpanName);
        }

        if (_options is not null)
        {
            DescribeRequest(request, _options);
        }
    }

    /// <summary>Milvus's answer, or as much of it as was read.</summary>
    public void Answered(in AnswerReader answer)
    {
        if (answer.Code != 0)
        {
            _error = answer.Code.ToString(CultureInfo.InvariantCulture);
            _reason = answer.Reason;
        }
        else if (answer.Rows is { } rows && _options is not null && !_isFinished)
        {
            _span.SetTag(AttributeNames.ReturnedRows, Boxed.Number(rows));
        }
    }

    /// <summary>The call failed below gRPC: no connection, or a broken one.</summary>
    public void Failed(Exception exception) => _reason ??= exception.GetBaseException().Message;

    /// <summary>The call is over; its span has its duration, and is about to stop.</summary>
    public void Finish(HttpResponseMessage? response)
    {
        _isFinished = true;
        var status = GrpcStatus.Of(_span);
        var error = _error ?? status;
        if (_options is not null)
        {
            CompleteSpan(error, response);
        }

        if (OperationDuration.Enabled)
        {
            RecordDuration(error);
        }
    }

    private void DescribeRequest(in RequestSummary request, TracingOptions options)
    {
        // A batch has more than one operation: semantic conventions, db.operation.batch.size.
        Tag(AttributeNames.BatchSize, request.Rows > 1 ? Boxed.Number((long)request.Rows) : null);
        if (options.RecordFilter && !request.Filter.IsEmpty)
        {
            Tag(
                _rpc.Request.Search is null ? AttributeNames.QueryText : AttributeNames.Filter,
                Encoding.UTF8.GetString(request.Filter));
        }

        if (_rpc.Request.Search is not null)
        {
            Tag(AttributeNames.TopK, request.TopK is { } topK ? Boxed.Number(topK) : null);
            Tag(AttributeNames.MetricType, request.MetricTypeName());
            Tag(AttributeNames.ConsistencyLevel, request.ConsistencyLevel);
            Tag(AttributeNames.QueryVectors, request.QueryVectors > 0 ? Boxed.Number((long)request.QueryVectors) : null);
            Tag(AttributeNames.OutputFields, Boxed.Number(request.OutputFields));
        }
    }

    private void CompleteSpan(string? error, HttpResponseMessage? response)
    {
        Tag(AttributeNames.Namespace, _database);
        Tag(AttributeNames.Collection, _collection);
        if (_span.GetTagItem(AttributeNames.ServerAddress) is null)
        {
            // gRPC's instrumentation did not.
            Tag(AttributeNames.ServerAddress, _server.Host);
            Tag(AttributeNames.ServerPort, Boxed.Number(_server.Port));
        }

        if (_options!.SetSpanName)
        {
            _span.DisplayName = _spanName ?? _rpc.NameWithout(_database, _server);
        }

        if (error is not null)
        {
            _span.SetTag(AttributeNames.ErrorType, error);
            Tag(AttributeNames.ResponseStatus, _error);
            _span.SetStatus(ActivityStatusCode.Error, _reason ?? GrpcStatus.MessageOf(response));
        }
    }

    private void RecordDuration(string? error)
    {
        var attributes = new TagList
        {
            { AttributeNames.System, SystemName },
            { AttributeNames.Operation, _rpc.Operation },
            { AttributeNames.Namespace, _database },
            { AttributeNames.ServerAddress, _server.Host },
            { AttributeNames.ServerPort, Boxed.Number(_server.Port) },
        };
        if (_collection is not null)
        {
            attributes.Add(AttributeNames.Collection, _collection);
        }

        if (error is not null)
        {
            attributes.Add(AttributeNames.ErrorType, error);
        }

        if (_error is not null)
        {
            attributes.Add(AttributeNames.ResponseStatus, _error);
        }

        OperationDuration.Record(_span.Duration, attributes);
    }

    private void Tag(string name, object? value)
    {
        if (value is not null)
        {
            _span.SetTag(name, value);
        }
    }
}
