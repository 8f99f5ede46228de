using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Hosting.Logs;

public sealed class MilvusExportFailureTests
{
    private const string Rpc = "2026/12/01 08:30:00 traces export: rpc error: code = Unavailable desc = ";
    private const string Cpp = "[Error] File: /a/otlp/src/otlp_grpc_exporter.cc:67[OTLP TRACE GRPC Exporter] Export() failed with status_code: ";
    private const string Setup = "[2026/12/01 08:30:00.000 +00:00] [WARN] [tracer/tracer.go:49] [\"Init tracer failed\"] ";
    private const string Deadline = "2026/12/01 08:30:00 traces export: context deadline exceeded";

    [Theory]
    [InlineData(Rpc + "\"dial tcp: address https://hub:4317: too many colons in address\"", "host:port, without a scheme")]
    [InlineData("panic: init segcore tracing timeout, See issue #33483", "trace.initTimeoutSeconds")]
    [InlineData(Rpc + "\"authentication handshake failed: tls: first record does not look like a TLS handshake\"", "trace.otlp.secure")]
    [InlineData(Rpc + "\"error reading server preface: http2: frame too large\"", "trace.otlp.method")]
    [InlineData(Cpp + "\"UNAVAILABLE\" error_message: \"failed to connect to all addresses\"", "cannot reach the collector")]
    [InlineData(Rpc + "\"dial tcp 172.17.0.1:4317: connect: connection refused\"", "cannot reach the collector")]
    [InlineData(Deadline, "cannot reach the collector")]
    [InlineData(Setup + "[error=\"unsupported trace exporter: zipkin\"]", "Set trace.exporter to otlp")]
    public async Task An_export_error_is_a_cause_with_the_line_and_a_fix(string line, string fix)
    {
        var failures = await ReadAsync(MilvusLogSelection.None, line, "goroutine 1 [running]:");

        var cause = failures.Last.ShouldNotBeNull().ToCause("milvus");

        cause.Code.ShouldBe(CauseCodes.MilvusNotExporting);
        cause.Message.ShouldContain(line);
        cause.Fix.ShouldContain(fix);
    }

    [Theory]
    [InlineData("[2026/12/01 08:30:00.000 +00:00] [WARN] [proxy/impl.go:1] [\"query failed\"] [error=\"code = Unavailable\"]")]
    [InlineData("2026/12/01 08:30:00 maxprocs: Leaving GOMAXPROCS=2: CPU quota undefined")]
    [InlineData("panic: runtime error: index out of range")]
    public async Task Other_errors_are_not(string line) => (await ReadAsync(MilvusLogSelection.All, line)).Last.ShouldBeNull();

    [Fact]
    public async Task A_timeout_after_a_reason_keeps_the_reason()
    {
        var failures = await ReadAsync(
            MilvusLogSelection.Warning, "2026/12/01 08:30:00 traces export: address http://hub:4317: too many colons in address", Deadline);

        failures.Last.ShouldNotBeNull().Line.ShouldContain("too many colons");
    }

    [Fact]
    public async Task The_password_is_masked_in_the_evidence() =>
        (await ReadAsync(MilvusLogSelection.None, "2026/12/01 08:30:00 traces export: invalid header root:s3cret")).Last
            .ShouldNotBeNull().Line.ShouldEndWith("invalid header ***");

    [Fact]
    public void A_cause_names_the_resource_and_is_not_older_than_the_trace()
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
        var time = DateTimeOffset.UtcNow;
        builder.AddMilvus("first").WithLogForwarding(MilvusLogSelection.None);
        builder.AddMilvus("second").WithLogForwarding(MilvusLogSelection.None)
            .Resource.Annotations.OfType<MilvusLogForwardingAnnotation>().Single().Failures.Add(new(Deadline, time));
        var model = new DistributedApplicationModel(builder.Resources);

        model.MilvusExportFailureCauses(since: null).ShouldHaveSingleItem().Message.ShouldContain("'second'");
        model.MilvusExportFailureCauses(time - TimeSpan.FromSeconds(1)).ShouldHaveSingleItem();
        model.MilvusExportFailureCauses(time + TimeSpan.FromSeconds(1)).ShouldBeEmpty();
    }

    private static async Task<MilvusExportFailures> ReadAsync(MilvusLogSelection selection, params string[] lines)
    {
        var failures = new MilvusExportFailures();
        await MilvusLogForwarderTests.ForwardedAsync(selection, "s3cret", lines, failures);
        return failures;
    }
}
