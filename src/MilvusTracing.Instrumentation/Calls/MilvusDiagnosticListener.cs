using System.Diagnostics;
using MilvusTracing.Instrumentation.Protocol;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>
/// Listens to gRPC and HttpClient diagnostic events and wraps the content of Milvus requests and responses to read them in
/// passing.
/// </summary>
/// <remarks>
/// Why not the alternatives: OpenTelemetry's Enrich callbacks run for sampled spans only, and see the response after its
/// content was read; a handler or an interceptor needs access to the channel; an activity processor sees the method only.
/// The events are synchronous, so that an exception thrown here would fail the call.
/// </remarks>
internal sealed class MilvusDiagnosticListener : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string GrpcListener = "Grpc.Net.Client";
    private const string CallStart = "Grpc.Net.Client.GrpcOut.Start";
    private const string CallStop = "Grpc.Net.Client.GrpcOut.Stop";
    private const string HttpListener = "HttpHandlerDiagnosticListener";
    private const string ResponseHeadersRead = "System.Net.Http.HttpRequestOut.Stop";
    private const string HttpException = "System.Net.Http.Exception";

    private static readonly PropertyFetcher<HttpRequestMessage> Request = new("Request");
    private static readonly PropertyFetcher<HttpResponseMessage> Response = new("Response");
    private static readonly PropertyFetcher<Exception> Exception = new("Exception");

    public void OnNext(DiagnosticListener listener)
    {
        if (listener.Name == GrpcListener)
        {
            // gRPC asks first with the request, later with the name of the event only.
            listener.Subscribe(this, static (_, request, _) => MilvusClientInstrumentation.IsEnabled
                && (request is not HttpRequestMessage message || MilvusMethod.Of(message) is not null));
        }
        else if (listener.Name == HttpListener)
        {
            listener.Subscribe(this, static name => name is ResponseHeadersRead or HttpException && MilvusClientInstrumentation.IsEnabled);
        }
    }

    public void OnNext(KeyValuePair<string, object?> diagnosticEvent)
    {
        try
        {
            var (name, payload) = diagnosticEvent;
            if (payload is null || Request.Fetch(payload) is not { } request)
            {
                return;
            }

            if (name == CallStart)
            {
                OnCallStart(request);
            }
            else if (request.Content is ObservedRequestContent { Call: var call })
            {
                OnCallEvent(call, name, payload);
            }
        }
        catch (Exception exception)
        {
            InstrumentationEventSource.Log.Failed(diagnosticEvent.Key, exception);
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private static void OnCallStart(HttpRequestMessage request)
    {
        if (request.Content is null or ObservedRequestContent || Activity.Current is not { } span || MilvusMethod.Of(request) is not { } method)
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

        TraceParent.ClearUnknownFlags(span, request);
        request.Content = new ObservedRequestContent(request.Content, new MilvusCall(method, request, span, options));
    }

    private static void OnCallEvent(MilvusCall call, string name, object payload)
    {
        switch (name)
        {
            case ResponseHeadersRead when Response.Fetch(payload) is { Content: not ObservedResponseContent } response:
                response.Content = new ObservedResponseContent(response.Content, call);
                break;
            case HttpException when Exception.Fetch(payload) is { } exception:
                call.OnException(exception);
                break;
            case CallStop:
                call.OnStop(Response.Fetch(payload));
                break;
        }
    }
}
