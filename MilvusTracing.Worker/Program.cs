// The example: a service that runs QuickSetup.cs again and again, each time as one trace. The calls are plain
// Milvus.Client; AddServiceDefaults configures what is traced.
// Exit codes: 0 all passes succeeded or the worker was stopped, 1 a pass failed or did not finish, 2 a setting is invalid.
using Microsoft.Extensions.Options;
using MilvusTracing.Worker;

IHost host;

try
{
    var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
    {
        Args = args,
        ApplicationName = "milvus-client",
        ContentRootPath = AppContext.BaseDirectory, // holds appsettings.json, whatever the current directory is
    });

    builder.AddServiceDefaults();
    builder.AddMilvusClient();
    builder.AddWorkerSettings();
    builder.Services.AddHostedService<PassService>();
    host = builder.Build();

    // RunAsync would log an invalid setting with its stack trace.
    host.Services.GetRequiredService<IStartupValidator>().Validate();
}
catch (Exception exception) when (exception is
    OptionsValidationException or InvalidOperationException or ArgumentException or FormatException or InvalidDataException or IOException)
{
    Console.Error.WriteLine($"The worker cannot start with these settings: {exception.Message}");
    return 2;
}

await host.RunAsync();
return Environment.ExitCode;
