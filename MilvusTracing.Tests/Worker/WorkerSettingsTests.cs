using Microsoft.Extensions.Configuration;
using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Tests.Worker;

public sealed class WorkerSettingsTests
{
    [Fact]
    public void Runs_until_stopped_with_ten_seconds_between_passes_unless_told_otherwise()
    {
        var settings = Read();

        settings.Passes.ShouldBe(0);
        settings.Interval.ShouldBe(TimeSpan.FromSeconds(10));
        settings.JaegerUrl.ShouldBeNull();
    }

    [Theory]
    [InlineData("Worker:Passes")]
    [InlineData("Worker:Interval")]
    [InlineData("JAEGER_URL")]
    public void Takes_an_empty_setting_for_one_that_is_not_set(string setting)
        => Read((setting, "")).ShouldBe(Read());

    [Theory]
    [InlineData("10", 10)]
    [InlineData("0.5", 0.5)]
    [InlineData("00:01:30", 90)]
    [InlineData("86400", 86_400)]
    public void Takes_the_interval_in_seconds_or_as_a_time(string text, double seconds)
        => Read(("Worker:Interval", text)).Interval.ShouldBe(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData("Worker:Passes", "many", "a whole number")]
    [InlineData("Worker:Passes", "-1", "0 or more")]
    [InlineData("Worker:Passes", "2147483648", "a whole number")]
    [InlineData("Worker:Interval", "soon", "seconds")]
    [InlineData("Worker:Interval", "0", "more than zero")]
    [InlineData("Worker:Interval", "-00:00:10", "more than zero")]
    [InlineData("Worker:Interval", "86401", "a day at most")]
    [InlineData("Worker:Interval", "1e300", "seconds")]
    [InlineData("Worker:Interval", "NaN", "seconds")]
    [InlineData("JAEGER_URL", "localhost:16686", "http://localhost:16686")]
    [InlineData("JAEGER_URL", "16686", "http://localhost:16686")]
    [InlineData("JAEGER_URL", "http://localhost:65536", "http://localhost:16686")]
    public void Refuses_a_malformed_setting_by_its_name_its_value_and_what_was_expected(string setting, string value, string expected)
    {
        var refusal = Should.Throw<SettingException>(() => Read((setting, value)));

        refusal.Message.ShouldStartWith($"{setting} is '{value}'; expected ");
        refusal.Message.ShouldContain(expected);
    }

    private static WorkerSettings Read(params (string Key, string Value)[] settings)
        => WorkerSettings.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
            .Build());
}
