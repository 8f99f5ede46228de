using MilvusTracing.ServiceDefaults;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>A setting that cannot hold stops the start in one sentence; an empty one is an unset one.</summary>
public sealed class MalformedSettingTests
{
    private const string Address = "http://host:port or https://host:port, such as http://localhost:4317";
    private const string Number = "a whole number from 1 to 2147483647";
    private const string NumberOrZero = "a whole number from 0 to 2147483647";
    private const string Queue = "a whole number from 1 to 1000000";

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317", Address)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "4317", Address)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://", Address)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://localhost:4317", Address)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:65536", Address)]
    [InlineData("ConnectionStrings:jaeger", "jaeger:4317", Address)]
    [InlineData("ConnectionStrings:jaeger", "Endpoint=http://jaeger:4317", Address)]
    [InlineData("ConnectionStrings:jaeger", "http://jaeger:4318/v1/traces", Address)]
    [InlineData("ConnectionStrings:jaeger", "http://jaeger:0x10dd", Address)]
    [InlineData("ConnectionStrings:jaeger", "http://jaeger:65536", Address)]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "grpc or http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC", "grpc or http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION", "zip", "none or gzip")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", Number)]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "0", Number)]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/ca.pem", "the path of a file that exists")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/no/such/client.pem", "the path of a file that exists")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/no/such/client.key", "the path of a file that exists")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "many", Queue)]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "0", Queue)]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "1000001", Queue)]
    [InlineData("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5e2", Queue)]
    [InlineData("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0", Queue)]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "1.5", Number)]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "0", Number)]
    [InlineData("OTEL_BSP_EXPORT_TIMEOUT", "x", NumberOrZero)]
    [InlineData("OTEL_BSP_EXPORT_TIMEOUT", "-1", NumberOrZero)]
    [InlineData("OTEL_BLRP_MAX_QUEUE_SIZE", "x", Queue)]
    [InlineData("OTEL_BLRP_MAX_QUEUE_SIZE", "2147483648", Queue)]
    [InlineData("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "x", Queue)]
    [InlineData("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "0", Queue)]
    [InlineData("OTEL_BLRP_SCHEDULE_DELAY", "x", Number)]
    [InlineData("OTEL_BLRP_SCHEDULE_DELAY", "0", Number)]
    [InlineData("OTEL_BLRP_EXPORT_TIMEOUT", "x", NumberOrZero)]
    [InlineData("OTEL_BLRP_EXPORT_TIMEOUT", "-1", NumberOrZero)]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "60s", Number)]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "0", Number)]
    [InlineData("OTEL_METRIC_EXPORT_TIMEOUT", "x", NumberOrZero)]
    [InlineData("OTEL_METRIC_EXPORT_TIMEOUT", "-1", NumberOrZero)]
    public async Task Stops_the_start_naming_the_setting_its_value_and_the_expected_form(string setting, string value, string expected)
    {
        var failure = await Should.ThrowAsync<TelemetrySettingException>(StartAsync(With(setting, value)));
        failure.Message.ShouldBe($"{setting} is \"{value}\"; expected {expected}.");
        failure.Setting.ShouldBe(setting);
    }

    [Theory]
    [InlineData("no-equals-sign-secret")]
    [InlineData("x-key=secret,,x-other=secret")]
    [InlineData("x-key=secret,X-Key=secret")]
    [InlineData("user-agent=secret")]
    [InlineData("x key=secret")]
    [InlineData("=secret")]
    [InlineData("x-key=secret%0Dx-evil:1")]
    [InlineData("x-key=secrät")]
    public async Task Malformed_headers_stop_the_start_without_being_shown(string headers)
    {
        var failure = await Should.ThrowAsync<TelemetrySettingException>(StartAsync(With("OTEL_EXPORTER_OTLP_HEADERS", headers)));
        failure.Message.ShouldStartWith("OTEL_EXPORTER_OTLP_HEADERS is malformed");
        failure.Message.ShouldNotContain("secr");
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:secret@localhost:4317", "http://***@localhost:4317")]
    [InlineData("ConnectionStrings:jaeger", "https://secret@jaeger:4317", "https://***@jaeger:4317")]
    [InlineData("ConnectionStrings:jaeger", "me:secret@jaeger:4317", "***@jaeger:4317")]
    [InlineData("ConnectionStrings:jaeger", "http://me:sec/ret@jaeger:4317", "http://***@jaeger:4317")]
    public async Task Credentials_in_an_address_are_refused_because_nothing_would_send_them_and_not_shown(
        string setting, string value, string shown)
    {
        var failure = await Should.ThrowAsync<TelemetrySettingException>(StartAsync(With(setting, value)));
        failure.Message.ShouldBe($"{setting} is \"{shown}\"; expected {Address}.");
    }

    [Fact]
    public async Task A_file_that_is_no_certificate_stops_the_start()
    {
        var file = Path.GetTempFileName();
        try
        {
            var failure = await Should.ThrowAsync<TelemetrySettingException>(StartAsync(With("OTEL_EXPORTER_OTLP_CERTIFICATE", file)));
            failure.Message.ShouldStartWith($"OTEL_EXPORTER_OTLP_CERTIFICATE is \"{file}\"; expected the path of a certificate");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes", "OTEL_TRACES_SAMPLER is \"sometimes\"; expected one of always_on, always_off,")]
    [InlineData("OTEL_SDK_DISABLED", "1", "OTEL_SDK_DISABLED is \"1\"; expected true or false.")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "region=eu,zone", "OTEL_RESOURCE_ATTRIBUTES has \"zone\"; expected name=value pairs")]
    public async Task What_the_specification_has_ignored_is_ignored_with_a_warning(string setting, string value, string sentence)
    {
        await using var app = await StartAsync(With(setting, value));
        app.Log.Warnings.ShouldHaveSingleItem().ShouldStartWith(sentence);
    }

    [Theory]
    [InlineData("half")]
    [InlineData("1.1")]
    [InlineData("-0.1")]
    [InlineData("NaN")]
    public async Task A_ratio_that_is_none_is_ignored_with_a_warning(string value)
    {
        var settings = With("OTEL_TRACES_SAMPLER", "traceidratio");
        settings["OTEL_TRACES_SAMPLER_ARG"] = value;
        await using var app = await StartAsync(settings);
        app.Log.Warnings.ShouldHaveSingleItem().ShouldStartWith($"OTEL_TRACES_SAMPLER_ARG is \"{value}\"; expected a number from 0 to 1.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task Empty_settings_are_unset_ones(string empty)
    {
        string[] settings =
        [
            "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS",
            "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY", "ConnectionStrings:jaeger",
            "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT",
            "OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BLRP_EXPORT_TIMEOUT",
            "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
            "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES",
        ];
        await using var app = await StartAsync(settings.ToDictionary(setting => setting, _ => (string?)empty));
        app.Log.Warnings.ShouldBeEmpty();
    }

    private static Dictionary<string, string?> With(string setting, string value) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "60000",
        [setting] = value,
    };
}
