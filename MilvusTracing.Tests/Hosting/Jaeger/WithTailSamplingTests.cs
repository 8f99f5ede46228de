using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace MilvusTracing.Tests.Hosting.Jaeger;

public sealed class WithTailSamplingTests
{
    [Fact]
    public async Task Each_policy_keeps_what_it_says()
    {
        await using var model = await BuildAsync(keep => keep.Errors().SlowerThan(TimeSpan.FromSeconds(1.5)).SampleOneIn(3));

        var (_, args) = await model.ConfigurationOfAsync("recorder");

        args.ShouldContain("--config=/etc/jaeger/tail-sampling.yaml");
        args.ShouldContain(
            "--set=processors.tail_sampling.policies=[{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}, "
            + "{name: slow, type: latency, latency: {threshold_ms: 1500}}, "
            + "{name: share, type: probabilistic, probabilistic: {sampling_percentage: 33.33333333333}}]");
    }

    [Fact]
    public async Task The_last_word_on_a_policy_counts()
    {
        await using var model = await BuildAsync(keep => keep.SampleOneIn(3).SampleOneIn(100));

        (await model.ConfigurationOfAsync("recorder")).Args.ShouldContain(
            "--set=processors.tail_sampling.policies=[{name: share, type: probabilistic, probabilistic: {sampling_percentage: 1}}]");
    }

    [Fact]
    public void Without_a_policy_nothing_would_be_kept() =>
        Should.Throw<ArgumentException>(() => AddJaeger().WithTailSampling(_ => { })).Message.ShouldContain("keeps no trace");

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void No_trace_in_none_is_refused(int count) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new TailSamplingPolicies().SampleOneIn(count));

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    [InlineData(-5)]
    [InlineData(3e9)]
    public void A_duration_that_Jaeger_cannot_tell_is_refused(double milliseconds) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new TailSamplingPolicies().SlowerThan(TimeSpan.FromMilliseconds(milliseconds)));

    private static Task<AppHostModel> BuildAsync(Action<TailSamplingPolicies> policies) =>
        AppHostModel.BuildAsync(change: builder => builder.AddJaeger("recorder").WithTailSampling(policies));

    private static IResourceBuilder<JaegerResource> AddJaeger() => DistributedApplication.CreateBuilder().AddJaeger("recorder");
}
