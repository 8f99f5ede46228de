using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Instrumentation;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.PublicApi;

public sealed class PublicApiTests
{
    [Fact]
    public void Of_the_instrumentation() => PublicApi.ShouldBeAsListed(typeof(MilvusClientTraceInstrumentationOptions).Assembly);

    [Fact]
    public void Of_the_hosting_integration() => PublicApi.ShouldBeAsListed(typeof(JaegerResource).Assembly);

    [Fact]
    public void Of_the_verification() => PublicApi.ShouldBeAsListed(typeof(TraceVerifier).Assembly);
}
