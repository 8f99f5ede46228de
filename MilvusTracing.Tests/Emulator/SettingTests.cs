using Microsoft.Extensions.Configuration;
using MilvusTracing.Emulator;

namespace MilvusTracing.Tests.Emulator;

/// <summary>The emulator reads Milvus's environment variables.</summary>
public sealed class SettingTests
{
    [Fact]
    public void Defaults_are_those_of_Milvus_and_apply_to_empty_variables()
    {
        var settings = Read(("PROXY_PORT", ""), ("TRACE_EXPORTER", "noop"), ("TRACE_SAMPLEFRACTION", ""), ("COMMON_SECURITY_AUTHORIZATIONENABLED", ""));
        (settings.Port, settings.Token, settings.TracesEndpoint, settings.SampleFraction).ShouldBe((19530, null, null, 0));
        Read(("TRACE_SAMPLEFRACTION", "0.25")).SampleFraction.ShouldBe(0.25);
    }

    [Theory]
    [InlineData("true", "", "root:Milvus")]
    [InlineData("true", "se:cret", "root:se:cret")]
    [InlineData("false", "secret", null)]
    public void Authorization_variables_set_the_token(string isOn, string password, string? token) =>
        Read(("COMMON_SECURITY_AUTHORIZATIONENABLED", isOn), ("COMMON_SECURITY_DEFAULTROOTPASSWORD", password)).Token.ShouldBe(token);

    [Theory]
    [InlineData("PROXY_PORT", "65536", "a port")]
    [InlineData("TRACE_EXPORTER", "stdout", "one of noop, otlp")]
    [InlineData("TRACE_OTLP_METHOD", "tcp", "one of grpc, http")]
    [InlineData("TRACE_OTLP_SECURE", "yes", "true or false")]
    [InlineData("TRACE_OTLP_ENDPOINT", "", "host:port")]
    [InlineData("TRACE_OTLP_ENDPOINT", "http://localhost:4317", "host:port")]
    [InlineData("TRACE_OTLP_ENDPOINT", "localhost", "host:port")]
    [InlineData("TRACE_SAMPLEFRACTION", "1.5", "a number from 0 to 1")]
    [InlineData("TRACE_SAMPLEFRACTION", "0,5", "a number from 0 to 1")]
    [InlineData("COMMON_SECURITY_AUTHORIZATIONENABLED", "on", "true or false")]
    public void Invalid_value_is_reported_with_the_variable_and_the_expected_values(string variable, string value, string expected)
    {
        var read = () => Read(("TRACE_EXPORTER", "otlp"), ("TRACE_OTLP_ENDPOINT", "localhost:4317"), (variable, value));
        Should.Throw<SettingException>(read).Message.ShouldStartWith($"{variable} is \"{value}\"; expected {expected}");
    }

    private static EmulatorSettings Read(params (string Name, string Value)[] variables) => EmulatorSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(variables.Reverse().DistinctBy(variable => variable.Name)
            .ToDictionary(variable => variable.Name, variable => (string?)variable.Value)).Build());
}
