using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Local;

[Collection(RealServers.Collection)]
public sealed class RealServersTests
{
    private static readonly Dictionary<string, string?> Servers = new()
    {
        ["ConnectionStrings__milvus"] = RealServers.Milvus,
        ["ConnectionStrings__jaeger"] = RealServers.Jaeger,
        ["JAEGER_URL"] = RealServers.Missing.Length > 0 ? null : RealServers.JaegerUrl.OriginalString,
    };

    [RealServersFact]
    public async Task Jaeger_and_the_dashboard_hold_the_same_spans_of_a_real_Milvus()
    {
        await using var local = LocalProgram.Start(["--once"], Servers);

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        local.Output.ShouldContain("relay      Milvus's own spans, from Jaeger to the dashboard");
        local.Output.ShouldMatch(@"\njoined: (\d+) of \1 client calls, 1 root, 0 orphans, (\d+) spans \(milvus-client \d+, standalone \d+, segcore \d+\); dashboard \2 of \2");
    }

    [RealServersFact]
    public async Task The_emulators_spans_go_to_Jaeger_too()
    {
        await using var local = LocalProgram.Start(
            ["--once", "--no-dashboard"], Servers.Where(setting => setting.Key != "ConnectionStrings__milvus").ToDictionary());

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        local.Output.ShouldContain("an emulator on ");
        local.Output.ShouldContain($"Jaeger     {RealServers.JaegerUrl.OriginalString}");
        local.Output.ShouldMatch(@"\njoined: .* standalone \d+, segcore \d+\)");
    }
}
