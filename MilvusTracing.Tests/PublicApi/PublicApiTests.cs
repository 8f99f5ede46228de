using MilvusTracing.Instrumentation;

namespace MilvusTracing.Tests.PublicApi;

public sealed class PublicApiTests
{
    [Fact]
    public void Of_the_instrumentation() => PublicApi.ShouldBeAsListed(typeof(MilvusClientTraceInstrumentationOptions).Assembly);
}
