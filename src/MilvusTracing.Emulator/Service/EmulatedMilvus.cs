using Grpc.Core;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;
using MilvusTracing.Emulator.Tracing;
using static MilvusTracing.Emulator.Tracing.EmulatorTracer;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Emulator.Service;

/// <summary>Implements Milvus's gRPC service. Failures are thrown as <see cref="MilvusError"/>.</summary>
internal sealed partial class EmulatedMilvus(Catalog catalog, TimestampOracle oracle, EmulatorTracer tracer) : MilvusService.MilvusServiceBase
{
    public override Task<ConnectResponse> Connect(ConnectRequest request, ServerCallContext context)
    {
        tracer.Coordinate(RootCoord, "ListDatabases", () => Catalog.DefaultDatabase);
        return Task.FromResult(new ConnectResponse
        {
            Status = new(),
            Identifier = Timestamp(),
            ServerInfo = new() { BuildTags = MilvusEmulator.Version, DeployMode = "STANDALONE" },
        });
    }

    public override Task<GetVersionResponse> GetVersion(GetVersionRequest request, ServerCallContext context) =>
        Task.FromResult(new GetVersionResponse { Status = new(), Version = MilvusEmulator.Version });

    public override Task<CheckHealthResponse> CheckHealth(CheckHealthRequest request, ServerCallContext context) =>
        Task.FromResult(new CheckHealthResponse { Status = new(), IsHealthy = true });

    public override Task<AllocTimestampResponse> AllocTimestamp(AllocTimestampRequest request, ServerCallContext context) =>
        Task.FromResult(new AllocTimestampResponse { Status = new(), Timestamp = (ulong)Timestamp() });

    public override Task<ListDatabasesResponse> ListDatabases(ListDatabasesRequest request, ServerCallContext context) =>
        Run("ListDatabases", "ListDatabaseTaskName", () => tracer.Coordinate(RootCoord, "ListDatabases", () => new ListDatabasesResponse
        {
            Status = new(),
            DbNames = { Catalog.DefaultDatabase },
            CreatedTimestamp = { (ulong)catalog.CreatedAt },
        }));

    /// <summary>Runs an operation in the spans that the proxy creates for most operations.</summary>
    private Task<T> Run<T>(string operation, string task, Func<T> work)
    {
        using var proxy = tracer.Start($"Proxy-{operation}");
        Timestamp();
        return Task.FromResult(InTask(task, work));
    }

    private Task<Status> Run(string operation, string task, Action work) => Run(operation, task, () =>
    {
        work();
        return new Status();
    });

    /// <summary>Runs an operation of a coordinator on an existing collection.</summary>
    private Task<T> Run<T>(string operation, string service, string database, string name, Func<Collection, T> work) =>
        Run(operation, $"{operation}Task", () =>
        {
            var collection = catalog.Get(database, name);
            return tracer.Coordinate(service, operation, () => work(collection));
        });

    private Task<Status> Run(string operation, string service, string database, string name, Action<Collection> work) =>
        Run(operation, service, database, name, collection =>
        {
            work(collection);
            return new Status();
        });

    /// <summary>Runs one task of the proxy's scheduler.</summary>
    private T InTask<T>(string name, Func<T> work)
    {
        using var span = tracer.Start(name);
        try
        {
            return work();
        }
        catch (MilvusError error)
        {
            // Like Milvus: an event on this span, and no change of the span's status.
            span?.AddEvent(new("exception", tags: new() { ["exception.type"] = nameof(MilvusError), ["exception.message"] = error.Message }));
            throw;
        }
    }

    private void Coordinate(string service, string method, Action work) => tracer.Coordinate(service, method, () =>
    {
        work();
        return true;
    });

    private long Timestamp()
    {
        using var span = tracer.StartRequest(RootCoord, "AllocTimestamp"); // Milvus creates only the client's span of this call
        return oracle.Next();
    }
}
