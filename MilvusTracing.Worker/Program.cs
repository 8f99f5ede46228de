// The example: a service that calls Milvus again and again. A pass makes a collection, fills it, searches, queries and
// deletes (Passes/QuickSetup.cs), in plain calls of Milvus.Client; what it traces, AddServiceDefaults sets up.
using MilvusTracing.Worker.Passes;
using MilvusTracing.Worker.Settings;

IHost host;
PassOutcome outcome;

try
{
    // Not the current directory: appsettings.json is found from wherever the worker is started.
    var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
    {
        Args = args,
        ApplicationName = "milvus-client",
        ContentRootPath = AppContext.BaseDirectory,
    });

    builder.AddServiceDefaults();
    builder.AddMilvus();
    outcome = builder.AddPasses();
    host = builder.Build();
}
catch (SettingException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
catch (Exception exception) when (exception is FormatException or InvalidDataException or InvalidOperationException or ArgumentException or IOException)
{
    // What others read: arguments, appsettings.json, Logging, OTEL_*.
    Console.Error.WriteLine($"The worker cannot start with these settings: {exception.Message}");
    return 2;
}

await host.RunAsync();
return outcome.ExitCode;
