import com.google.protobuf.Message;
import io.milvus.shaded.io.grpc.CallOptions;
import io.milvus.shaded.io.grpc.Channel;
import io.milvus.shaded.io.grpc.ClientCall;
import io.milvus.shaded.io.grpc.ClientInterceptor;
import io.milvus.shaded.io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.milvus.shaded.io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.milvus.shaded.io.grpc.InternalGlobalInterceptors;
import io.milvus.shaded.io.grpc.Metadata;
import io.milvus.shaded.io.grpc.MethodDescriptor;
import io.milvus.shaded.io.grpc.Status;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import java.util.List;

/**
 * Traces the gRPC calls of milvus-sdk-java 2.6.18 and later, which contains gRPC under another package name, so that no
 * OpenTelemetry agent finds it. Copy this file, and call {@link #install} before you make the first Milvus client.
 */
public final class MilvusTracing implements ClientInterceptor {
    private static final Metadata.Key<String> TRACEPARENT = Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

    /** gRPC accepts global interceptors once, and only before the first channel. */
    public static void install() {
        try {
            InternalGlobalInterceptors.setInterceptorsTracers(List.of(new MilvusTracing()), List.of(), List.of());
        } catch (IllegalStateException failure) {
            System.getLogger("MilvusTracing").log(System.Logger.Level.WARNING,
                    "Calls to Milvus are not traced: " + failure.getMessage() + ". Call MilvusTracing.install() once, before the first Milvus client.");
        }
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        var span = GlobalOpenTelemetry.getTracer("MilvusTracing").spanBuilder(method.getFullMethodName())
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute("rpc.system", "grpc")
                .setAttribute("rpc.service", method.getServiceName())
                .setAttribute("rpc.method", method.getBareMethodName())
                .setAttribute("db.system.name", "milvus")
                .setAttribute("db.operation.name", method.getBareMethodName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase())
                .startSpan();
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                // Flags 01 or 00: Milvus drops a context whose flags have the W3C random bit.
                var context = span.getSpanContext();
                headers.discardAll(TRACEPARENT);
                headers.put(TRACEPARENT, "00-" + context.getTraceId() + "-" + context.getSpanId() + (context.isSampled() ? "-01" : "-00"));
                super.start(new SimpleForwardingClientCallListener<>(listener) {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end(span, status);
                        super.onClose(status, trailers);
                    }
                }, headers);
            }

            @Override
            public void sendMessage(Q message) {
                describe(span, message);
                super.sendMessage(message);
            }
        };
    }

    private static void describe(Span span, Object message) {
        if (span.isRecording() && message instanceof Message request) {
            var collection = request.getDescriptorForType().findFieldByName("collection_name");
            if (collection != null && !collection.isRepeated() && request.getField(collection) instanceof String name && !name.isEmpty()) {
                span.setAttribute("db.collection.name", name);
            }
        }
    }

    private static void end(Span span, Status status) {
        span.setAttribute("rpc.grpc.status_code", status.getCode().value());
        if (!status.isOk()) {
            span.setStatus(StatusCode.ERROR).setAttribute("error.type", status.getCode().name());
        }
        span.end();
    }
}
