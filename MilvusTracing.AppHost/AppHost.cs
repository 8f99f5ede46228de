var builder = DistributedApplication.CreateBuilder(args);

var jaeger = builder.AddJaeger("jaeger");
var milvus = builder.AddMilvus("milvus").WithTracing(jaeger).FromConfiguration();

builder.AddProject<Projects.MilvusTracing_Worker>("milvus-client")
    .WithReference(milvus).WithReference(jaeger).WaitFor(milvus).WaitFor(jaeger)
    .WithTracesSampler()
    .WithVerifyCommand(jaeger);

builder.Build().Run();
