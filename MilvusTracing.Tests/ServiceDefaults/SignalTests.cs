using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>The exported logs, metrics and spans.</summary>
public sealed class SignalTests
{
    [Fact]
    public async Task Logs_have_message_values_scopes_and_trace_context()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using (var app = await StartAsync(Settings(dashboard)))
        {
            var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Shop");
            using var span = app.Source.StartActivity("pass");
            using var scope = logger.BeginScope(new Dictionary<string, object> { ["Pass"] = 7 });
            logger.LogInformation("Found {Rows} rows", 3);
        }

        var log = dashboard.Logs.Single(log => log.Scope == "Shop");
        var pass = dashboard.Spans.Single(span => span.Name == "pass");
        log.Attributes["Rows"].ShouldBe(3L);
        log.Attributes["Pass"].ShouldBe(7L);
        log.Body.ShouldBe("Found 3 rows");
        (log.TraceId, log.SpanId).ShouldBe((pass.TraceId, pass.SpanId));
        log.Severity.ShouldBe("Information");
    }

    [Fact]
    public async Task Metrics_of_runtime_and_application_are_exported()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using (var app = await StartAsync(Settings(dashboard)))
        {
            app.Meter.CreateHistogram<double>("checkout.duration", "s").Record(0.5);
        }

        dashboard.Metrics.ShouldContain(metric => metric.Scope == "System.Runtime" && metric.Name == "dotnet.gc.collections");
        var duration = dashboard.Metrics.Single(metric => metric.Name == "checkout.duration");
        duration.Unit.ShouldBe("s");
        duration.Points.ShouldHaveSingleItem().Value.ShouldBe(0.5);
    }
}
