using Grpc.Core;
using Grpc.Net.Client;
using Milvus.Client;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>A test with a fake Milvus, a client and a channel.</summary>
/// <param name="isObserved">Whether to collect <see cref="Telemetry"/>; false if the test creates its own providers.</param>
[Collection(ProcessWide.Name)]
public abstract class InstrumentationTest(bool isObserved) : IAsyncLifetime
{
    private protected FakeMilvus Milvus { get; private set; } = null!;

    private protected GrpcChannel Channel { get; private set; } = null!;

    private protected MilvusClient Client { get; private set; } = null!;

    private protected Telemetry Telemetry { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Milvus = await FakeMilvus.StartAsync();
        Channel = GrpcChannel.ForAddress(Milvus.Address);
        Client = new MilvusClient(Milvus.Address, apiKey: "token");
        Telemetry = new Telemetry(Milvus.Address, isTracing: isObserved, isMetering: isObserved);
    }

    public async Task DisposeAsync()
    {
        Telemetry.Dispose();
        Client.Dispose();
        Channel.Dispose();
        await Milvus.DisposeAsync();
    }

    /// <summary>The headers of a call to which the server responds with a fault.</summary>
    private protected static Metadata With(Fault fault) => new() { { "dbname", $"{fault}" } };

    private protected MilvusClient ClientWith(Fault fault) => new(Milvus.Address, apiKey: "token", database: $"{fault}");

    /// <summary>Opens a channel with a handler of the application in front of SocketsHttpHandler.</summary>
    private protected GrpcChannel ChannelWith(Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> send) =>
        GrpcChannel.ForAddress(Milvus.Address, new GrpcChannelOptions { HttpHandler = new Handler(send) });

    private protected static Task<SearchResults> SearchAsync(MilvusClient client, SearchParameters? parameters = null) =>
        client.GetCollection("books").SearchAsync<float>("vector", [new float[4]], SimilarityMetricType.L2, limit: 5, parameters);

    private sealed class Handler(Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> send)
        : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            send(request, () => base.SendAsync(request, cancellationToken));
    }
}
