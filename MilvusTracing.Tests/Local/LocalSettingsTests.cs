using Microsoft.Extensions.Configuration;
using MilvusTracing.Local.Settings;

namespace MilvusTracing.Tests.Local;

public sealed class LocalSettingsTests
{
    [Fact]
    public void Without_any_setting_nothing_is_used() => Read().ShouldBe(new LocalSettings(null, null, null));

    [Fact]
    public void An_empty_setting_counts_as_not_set() =>
        Read(("ConnectionStrings:milvus", ""), ("ConnectionStrings:jaeger", ""), ("JAEGER_URL", "")).ShouldBe(new LocalSettings(null, null, null));

    [Fact]
    public void Jaegers_pages_are_on_their_usual_port_unless_told_otherwise()
    {
        Read(("ConnectionStrings:jaeger", "http://tracing:4317")).JaegerUrl.ShouldBe(new Uri("http://tracing:16686"));
        Read(("ConnectionStrings:jaeger", "http://tracing:4317"), ("JAEGER_URL", "https://jaeger.example/ui")).JaegerUrl
            .ShouldBe(new Uri("https://jaeger.example/ui"));
    }

    [Fact]
    public void Pages_alone_are_no_Jaeger_to_send_to() => Read(("JAEGER_URL", "http://localhost:16686")).ShouldBe(new LocalSettings(null, null, null));

    [Theory]
    [InlineData("ConnectionStrings:jaeger", "localhost:4317")]
    [InlineData("ConnectionStrings:jaeger", "4317")]
    [InlineData("ConnectionStrings:jaeger", "http://localhost:99999")]
    [InlineData("JAEGER_URL", "/traces")]
    [InlineData("JAEGER_URL", "ftp://localhost")]
    [InlineData("JAEGER_URL", "http://localhost:65536")]
    public void A_malformed_address_is_named_with_what_was_expected(string setting, string value)
    {
        var message = Should.Throw<SettingException>(() => Read((setting, value))).Message;

        message.ShouldStartWith($"{setting} is '{value}'; expected ");
        message.ShouldContain("http://localhost:");
    }

    [Theory]
    [InlineData("me:secret@jaeger:16686")]
    [InlineData("http://me:secret@jaeger:99999")]
    public void A_malformed_address_is_shown_without_its_password(string value) =>
        Should.Throw<SettingException>(() => Read(("JAEGER_URL", value))).Message.ShouldNotContain("secret");

    private static LocalSettings Read(params (string Setting, string Value)[] settings) => LocalSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(pair => pair.Setting, pair => (string?)pair.Value)).Build());
}
