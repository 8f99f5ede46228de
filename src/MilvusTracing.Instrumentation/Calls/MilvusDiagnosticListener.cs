using System.Diagnostics;
using MilvusTracing.Instrumentation.Protocol;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>
/// Hears of each gRPC call of the process. When one to Milvus starts it puts its own content around the request's, and
/// when the response's headers are there, around the response's.
/// </summary>
/// <remarks>
/// OpenTelemetry's callbacks for enrichment see sampled spans only, and the response when it has been read; handlers and
/// interceptors would have to be given to a channel that is the application's; an activity processor knows no more than
/// the method. Events are written synchronously, so nothing may be thrown here.
/// </remarks>
internal sealed class MilvusDiagnosticListener : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string GrpcListener = "Grpc.Net.Client";
    private const string CallStarts = "Grpc.Net.Client.GrpcOut.Start";
    private const string CallStops = "Grpc.Net.Client.GrpcOut.Stop";
    private const string HttpListener = "HttpHandlerDiagnosticListener";
    private const string HeadersAreHere = "System.Net.Http.HttpRequestOut.Stop";
    private const string RequestFails = "System.Net.Http.Exception";

    private readonly List<IDisposable> _subscriptions = [];
    private bool _isDisposed;

    public MilvusDiagnosticListener() => Add(DiagnosticListener.AllListeners.Subscribe(this));

    void IObserver<DiagnosticListener>.OnNext(DiagnosticListener listener)
    {
        if (listener.Name == GrpcListener)
        {
            // Asked about the call with its request, and otherwise by the name alone.
            Add(listener.Subscribe(this, static (_, request, _) => request is not HttpRequestMessage message || MilvusMethod.Of(message) is not null));
        }
        else if (listener.Name == HttpListener)
        {
            Add(listener.Subscribe(this, static name => name is HeadersAreHere or RequestFails));
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> written)
    {
        try
        {
            var (name, payload) = written;
            if (payload is null || PropertyFetcher.Request.Of(payload) is not { } request)
            {
                return;
            }

            if (name == CallStarts)
            {
                Start(request);
            }
            else if (request.Content is ObservedRequestContent { Call: var call })
            {
                Continue(call, name, payload);
            }
        }
        catch (Exception exception)
        {
            InstrumentationEventSource.Log.Failed(written.Key, exception);
        }
    }

    void IObserver<DiagnosticListener>.OnCompleted()
    {
    }

    void IObserver<DiagnosticListener>.OnError(Exception error)
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted()
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error)
    {
    }

    public void Dispose()
    {
        lock (_subscriptions)
        {
            _isDisposed = true;
            _subscriptions.ForEach(subscription => subscription.Dispose());
        }
    }

    private static void Start(HttpRequestMessage request)
    {
        if (request.Content is null or ObservedRequestContent || Activity.Current is not { } span || MilvusMethod.Of(request) is not { } rpc)
        {
            return;
        }

        var options = span.IsAllDataRequested ? MilvusClientInstrumentation.Options : null;
        if (options?.ShouldRecord(request) == false)
        {
            span.IsAllDataRequested = false;
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            options = null;
        }

        request.Content = new ObservedRequestContent(request.Content, new MilvusCall(rpc, request, span, options));
    }

    private static void Continue(MilvusCall call, string name, object payload)
    {
        switch (name)
        {
            case HeadersAreHere when PropertyFetcher.Response.Of(payload) is { Content: not ObservedResponseContent } response:
                response.Content = new ObservedResponseContent(response.Content, call);
                break;
            case RequestFails when PropertyFetcher.Exception.Of(payload) is { } exception:
                call.Failed(exception);
                break;
            case CallStops:
                call.Finish(PropertyFetcher.Response.Of(payload));
                break;
        }
    }

    private void Add(IDisposable subscription)
    {
        lock (_subscriptions)
        {
            if (_isDisposed)
            {
                subscription.Dispose();
            }

            _subscriptions.Add(subscription);
        }
    }
}
