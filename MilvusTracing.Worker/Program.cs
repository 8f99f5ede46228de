using MilvusTracing.ServiceDefaults;
using MilvusTracing.Worker.Passes;
using MilvusTracing.Worker.Settings;
using MilvusTracing.Worker.Telemetry;

try
{
    // Not the current directory: appsettings.json is found from wherever the worker is started.
    var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
    {
        Args = args,
        ContentRootPath = AppContext.BaseDirectory,
    });

    builder.AddServiceDefaults();
    builder.AddDatabaseTelemetry();
    builder.AddMilvus();
    var outcome = builder.AddPasses();

    await builder.Build().RunAsync();
    return outcome.ExitCode;
}
catch (Exception exception) when (exception is SettingException or TelemetrySettingException)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
