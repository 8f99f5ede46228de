// The application: Milvus, traced with Jaeger and the dashboard, and a worker that calls it. Configuration.cs applies the settings,
// Clients.cs adds the example clients in other languages.
var builder = DistributedApplication.CreateBuilder(args);
try
{
    var jaeger = builder.AddJaeger("jaeger").WithAppForwarding().FromConfiguration();
    var milvus = builder.AddMilvus("milvus").WithTracing(jaeger, builder.Configuration.ConfigureTracing).FromConfiguration();

    builder.AddProject<Projects.MilvusTracing_Worker>("milvus-client")
        .WithReference(milvus).WaitFor(milvus)
        .WithVerifyTraceCommand().WithExplainCommand();

    builder.AddClients(milvus);
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}

builder.Build().Run();
return 0;
