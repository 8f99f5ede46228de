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

    /// <summary>The call of a request. The content of the request cannot keep it: handlers replace it, for example gRPC-Web's.</summary>
    private static readonly HttpRequestOptionsKey<MilvusCall> CallKey = new("MilvusTracing.Call");

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
            else if (request.RequestUri?.AbsolutePath.Contains(MilvusMethod.Service) == true && request.Options.TryGetValue(CallKey, out var call))
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
        // Events arrive even without a provider, if another listener wants them.
        if (!MilvusClientInstrumentation.IsEnabled
            || MilvusMethod.Of(request) is not { } method
            || request.Content is null
            || request.Options.TryGetValue(CallKey, out _)
            || Activity.Current is not { } span)
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

        TraceParent.SetFlags(span, request);
        var call = new MilvusCall(method, request, request.Content, span, options);
        request.Options.Set(CallKey, call);
        request.Content = call;
    }

    private static void OnCallEvent(MilvusCall call, string name, object payload)
    {
        switch (name)
        {
            case ResponseHeadersRead when Response.Fetch(payload) is { Content: not ObservedResponseContent } response:
                if (call.OnResponseHeaders(response) && !HttpContentFields.TryObserveStream(response.Content, call))
                {
                    response.Content = new ObservedResponseContent(response.Content, call);
                }

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
