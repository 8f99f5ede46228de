using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace MilvusTracing.Tests.Hosting.Jaeger;

public sealed class WithDataTests
{
    private const string BadgerConfig = "--config=/etc/jaeger/badger.yaml";

    [Fact]
    public async Task Traces_are_stored_on_the_volume_for_as_long_as_was_said()
    {
        await using var model = await BuildAsync(jaeger => jaeger.WithDataVolume("traces", TimeSpan.FromDays(7)));

        var (environment, args) = await model.ConfigurationOfAsync("recorder");

        args.ShouldContain(BadgerConfig);
        environment["BADGER_TTL"].ShouldBe("10080m");
        Mount(model, "recorder").ShouldBe((ContainerMountType.Volume, "traces", "/tmp"));
    }

    [Fact]
    public async Task A_volume_gets_a_name_of_its_own()
    {
        await using var model = await BuildAsync(jaeger => jaeger.WithDataVolume());

        Mount(model, "recorder").Source.ShouldNotBeNull().ShouldEndWith("-recorder-data");
        (await model.ConfigurationOfAsync("recorder")).Environment.Keys.ShouldNotContain("BADGER_TTL");
    }

    [Fact]
    public async Task Traces_are_stored_in_the_folder()
    {
        await using var model = await BuildAsync(jaeger => jaeger.WithDataBindMount("/traces"));

        (await model.ConfigurationOfAsync("recorder")).Args.ShouldContain(BadgerConfig);
        Mount(model, "recorder").ShouldBe((ContainerMountType.BindMount, "/traces", "/tmp"));
    }

    [Fact]
    public async Task Without_either_traces_stay_in_memory()
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Jaeger:DataVolume"] = "" });

        (await model.ConfigurationOfAsync("jaeger")).Args.ShouldNotContain(BadgerConfig);
        model.Resource("jaeger").Annotations.OfType<ContainerMountAnnotation>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Configuration_chooses_volume_and_time()
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Jaeger:DataVolume"] = "traces", ["Jaeger:TimeToLive"] = "1.12:00:00" });

        var (environment, args) = await model.ConfigurationOfAsync("jaeger");

        args.ShouldContain(BadgerConfig);
        environment["BADGER_TTL"].ShouldBe("2160m");
        Mount(model, "jaeger").ShouldBe((ContainerMountType.Volume, "traces", "/tmp"));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("00:00:30")]
    [InlineData("-1")]
    public async Task A_time_that_is_none_is_refused_in_a_sentence(string setting) =>
        (await Should.ThrowAsync<Exception>(AppHostModel.BuildAsync(new() { ["Jaeger:TimeToLive"] = setting })))
            .Message.ShouldContain($"Jaeger:TimeToLive is {setting}; expected [days.]hours:minutes:seconds of a minute or more");

    [Fact]
    public void A_time_below_a_minute_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(
            () => DistributedApplication.CreateBuilder().AddJaeger("recorder").WithDataVolume(timeToLive: TimeSpan.FromSeconds(59)));

    private static Task<AppHostModel> BuildAsync(Action<IResourceBuilder<JaegerResource>> change) =>
        AppHostModel.BuildAsync(change: builder => change(builder.AddJaeger("recorder")));

    private static (ContainerMountType Type, string? Source, string Target) Mount(AppHostModel model, string resource)
    {
        var mount = model.Resource(resource).Annotations.OfType<ContainerMountAnnotation>().ShouldHaveSingleItem();
        return (mount.Type, mount.Source, mount.Target);
    }
}
