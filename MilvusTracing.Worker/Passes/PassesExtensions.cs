using Microsoft.Extensions.DependencyInjection.Extensions;
using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Worker.Passes;

internal static class PassesExtensions
{
    /// <summary>Runs passes while the host runs, and stops it after the last.</summary>
    /// <returns>How they went, to be read when the host has stopped.</returns>
    /// <exception cref="SettingException">A setting is malformed or out of range.</exception>
    public static PassOutcome AddPasses(this IHostApplicationBuilder builder)
    {
        var settings = WorkerSettings.Read(builder.Configuration);
        var outcome = new PassOutcome(settings);

        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(outcome);
        builder.Services.AddSingleton<QuickSetup>();
        builder.Services.AddHostedService<PassRunner>();
        builder.Services.TryAddSingleton(TimeProvider.System);

        return outcome;
    }
}
