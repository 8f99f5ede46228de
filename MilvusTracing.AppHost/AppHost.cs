// The application: Milvus, traced into Jaeger and the dashboard, and a worker that calls it. Settings choose which Milvus
// (README, Settings); clients in other languages are in Clients.cs.
var builder = DistributedApplication.CreateBuilder(args);

var jaeger = builder.AddJaeger("jaeger").FromConfiguration().WithAppForwarding();
var milvus = builder.AddMilvus("milvus").WithTracing(jaeger).FromConfiguration<Projects.MilvusTracing_Emulator>();

builder.AddProject<Projects.MilvusTracing_Worker>("milvus-client")
    .WithReference(milvus).WaitFor(milvus)
    .WithVerifyTraceCommand().WithExplainCommand();

builder.AddClients(milvus);

builder.Build().Run();
