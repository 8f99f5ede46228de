using MilvusTracing.Local.Settings;
using MilvusTracing.Local.Worker;

namespace MilvusTracing.Tests.Local;

public sealed class WorkerEnvironmentTests
{
    private static readonly LocalSettings NoServers = new(null, null, null);
    private static readonly LocalSettings WithJaeger = new(null, new Uri("http://localhost:4317"), new Uri("http://localhost:16686"));

    [Fact]
    public void Names_what_the_AppHost_names()
    {
        var environment = WorkerEnvironment.For(
            "Endpoint=http://127.0.0.1:19530;Key=root:Milvus", WithJaeger, new OtlpDestination(new Uri("http://127.0.0.1:18889"), "secret"), once: false);

        environment["ConnectionStrings__milvus"].ShouldBe("Endpoint=http://127.0.0.1:19530;Key=root:Milvus");
        environment["ConnectionStrings__jaeger"].ShouldBe("http://localhost:4317");
        environment["JAEGER_URL"].ShouldBe("http://localhost:16686");
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"].ShouldBe("http://127.0.0.1:18889");
        environment["OTEL_EXPORTER_OTLP_PROTOCOL"].ShouldBe("grpc");
        environment["OTEL_EXPORTER_OTLP_HEADERS"].ShouldBe("x-otlp-api-key=secret");
        environment["OTEL_SERVICE_NAME"].ShouldBe("milvus-client");
        environment["OTEL_RESOURCE_ATTRIBUTES"]!.ShouldContain("service.instance.id=");
        environment["OTEL_BSP_SCHEDULE_DELAY"].ShouldBe("1000");
        environment.ShouldNotContainKey("Worker__Passes");
    }

    [Fact]
    public void Every_start_is_an_instance_of_its_own() =>
        WorkerEnvironment.For("", NoServers, null, once: false)["OTEL_RESOURCE_ATTRIBUTES"]
            .ShouldNotBe(WorkerEnvironment.For("", NoServers, null, once: false)["OTEL_RESOURCE_ATTRIBUTES"]);

    [Fact]
    public void Once_is_one_pass() => WorkerEnvironment.For("", NoServers, null, once: true)["Worker__Passes"].ShouldBe("1");
}
