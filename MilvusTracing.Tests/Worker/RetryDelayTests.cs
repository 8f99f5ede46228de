using MilvusTracing.Worker.Passes;

namespace MilvusTracing.Tests.Worker;

public sealed class RetryDelayTests
{
    [Fact]
    public void Grows_to_thirty_seconds_and_stays_there()
        => Enumerable.Range(1, 7).Select(failures => RetryDelay.After(failures).TotalSeconds)
            .ShouldBe([1, 2, 4, 8, 16, 30, 30]);

    [Fact]
    public void Stays_there_however_long_Milvus_is_away()
        => RetryDelay.After(int.MaxValue).ShouldBe(TimeSpan.FromSeconds(30));
}
