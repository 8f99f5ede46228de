import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.milvus.v2.client.ConnectConfig;
import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.common.ConsistencyLevel;
import io.milvus.v2.service.collection.request.CreateCollectionReq;
import io.milvus.v2.service.collection.request.DropCollectionReq;
import io.milvus.v2.service.collection.request.HasCollectionReq;
import io.milvus.v2.service.vector.request.DeleteReq;
import io.milvus.v2.service.vector.request.InsertReq;
import io.milvus.v2.service.vector.request.QueryReq;
import io.milvus.v2.service.vector.request.SearchReq;
import io.milvus.v2.service.vector.request.data.FloatVec;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.StatusCode;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Milvus's quick setup in one trace: {@code java -javaagent:target/lib/agent/agent.jar -cp 'target/classes:target/lib/*' QuickSetup}.
 * The OpenTelemetry agent exports as {@code OTEL_*} says, MilvusTracing traces each gRPC call, and this file adds the root span.
 */
public final class QuickSetup {
    private static final String COLLECTION = "java_quick_setup";
    private static final String URI = System.getenv().getOrDefault("MILVUS_URI", "http://localhost:19530");
    private static final String TOKEN = System.getenv().getOrDefault("MILVUS_TOKEN", "root:Milvus");

    public static void main(String[] args) {
        MilvusTracing.install();
        var root = GlobalOpenTelemetry.getTracer("java-client").spanBuilder(COLLECTION).startSpan();
        try (var ignored = root.makeCurrent()) {
            quickSetup();
            System.out.println("trace: " + root.getSpanContext().getTraceId());
            root.end();
        } catch (RuntimeException failure) {
            root.recordException(failure).setStatus(StatusCode.ERROR).end();
            System.err.printf("Milvus at %s (MILVUS_URI): %s%n", URI, failure.getMessage());
            System.exit(1);
        }
    }

    private static void quickSetup() {
        var client = new MilvusClientV2(ConnectConfig.builder().uri(URI).token(TOKEN).build());
        if (client.hasCollection(HasCollectionReq.builder().collectionName(COLLECTION).build())) {
            client.dropCollection(DropCollectionReq.builder().collectionName(COLLECTION).build());
        }
        client.createCollection(CreateCollectionReq.builder()
                .collectionName(COLLECTION).dimension(5).consistencyLevel(ConsistencyLevel.STRONG).build());

        client.insert(InsertReq.builder()
                .collectionName(COLLECTION).data(IntStream.range(0, 10).mapToObj(QuickSetup::row).toList()).build());
        var found = client.search(SearchReq.builder()
                .collectionName(COLLECTION).data(List.of(new FloatVec(vector(3)))).topK(3).outputFields(List.of("text")).build());
        var queried = client.query(QueryReq.builder()
                .collectionName(COLLECTION).filter("text in [\"row 2\", \"row 4\"]").outputFields(List.of("id")).build());
        client.delete(DeleteReq.builder().collectionName(COLLECTION).filter("id in [0]").build());
        client.close();

        System.out.println("nearest: " + found.getSearchResults().get(0).stream()
                .map(hit -> hit.getEntity().get("text").toString()).collect(Collectors.joining(", ")));
        System.out.println("queried: " + queried.getQueryResults().stream()
                .map(row -> row.getEntity().get("id").toString()).collect(Collectors.joining(", ")));
    }

    private static JsonObject row(int id) {
        var row = new JsonObject();
        row.addProperty("id", id);
        row.addProperty("text", "row " + id);
        var vector = new JsonArray();
        vector(id).forEach(vector::add);
        row.add("vector", vector);
        return row;
    }

    /** A different direction for each row, so that a search has an order to find. */
    private static List<Float> vector(int row) {
        return IntStream.rangeClosed(1, 5).mapToObj(axis -> (float) Math.cos(row * axis)).toList();
    }
}
