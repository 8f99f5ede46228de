using System.Collections.Concurrent;
using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Verification;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Hosting.Verification;

/// <summary><c>VerifyTraceAsync</c>, as a user's tests call it, with a Jaeger and a service that are HTTP servers of the test.</summary>
public sealed class VerifyTraceTests : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, ActivityContext> _requests = [];
    private FakeHttpServer _shop = null!;
    private FakeHttpServer _jaeger = null!;

    public async Task InitializeAsync()
    {
        (_shop, _jaeger) = (await FakeHttpServer.StartAsync(), await FakeHttpServer.StartAsync());
        _shop.On("*", context =>
        {
            ActivityContext.TryParse(context.Request.Headers.TraceParent, null, isRemote: true, out var parent).ShouldBeTrue();
            _requests[parent.TraceId.ToHexString()] = parent;
            return FakeHttpServer.SendAsync(context, 200, "text/plain", "found");
        });
        _jaeger.Json("/api/v3/services", """{ "services": [ "shop" ] }""");
        _jaeger.On("*", context =>
        {
            var id = context.Request.Path.Value!.Split('/')[^1];
            return FakeHttpServer.SendAsync(
                context, 200, "application/json",
                _requests.TryGetValue(id, out var parent) ? OtlpJson.Response(new TraceData(id, Called(parent))) : OtlpJson.Response());
        });
    }

    [Fact]
    public async Task Each_of_two_tests_at_once_verifies_the_trace_of_its_own_request()
    {
        await using var app = Build();
        using var client = new HttpClient { BaseAddress = _shop.Url };
        using var outer = new Activity("test").Start();

        var reports = await Task.WhenAll(
            app.VerifyTraceAsync("shop", () => client.GetAsync("/find")),
            app.VerifyTraceAsync("Shop", () => client.GetAsync("/find")));

        reports.ShouldAllBe(report => report.EnsureJoined().EnsureMilvusCalls(1).EnsureNoErrors() == report);
        reports.Select(report => report.TraceId!).Order().ShouldBe(_requests.Keys.Order());
        _requests.Count.ShouldBe(2);
        _requests.Values.ShouldAllBe(parent => parent.TraceFlags == ActivityTraceFlags.Recorded);
        _requests.Keys.ShouldNotContain(outer.TraceId.ToHexString());
        Activity.Current.ShouldBe(outer);
    }

    [Fact]
    public async Task A_failed_action_is_reported_as_it_failed()
    {
        await using var app = Build();

        (await Should.ThrowAsync<TimeoutException>(app.VerifyTraceAsync("shop", () => throw new TimeoutException("late")))).Message.ShouldBe("late");
    }

    [Fact]
    public async Task A_resource_that_does_not_exist_is_an_error_that_names_the_others()
    {
        await using var app = Build();

        var error = await Should.ThrowAsync<ArgumentException>(app.VerifyTraceAsync("shopp"));

        error.Message.ShouldContain("'shopp'");
        error.Message.ShouldContain("shop");
        error.Message.ShouldContain("jaeger");
    }

    public async Task DisposeAsync()
    {
        await _shop.DisposeAsync();
        await _jaeger.DisposeAsync();
    }

    /// <summary>The shop's span below the test's, a call of Milvus, and Milvus's span.</summary>
    private static Span[] Called(ActivityContext test) =>
    [
        Span(1, name: "GET /find", service: "shop", kind: ActivityKind.Server) with { ParentId = test.SpanId.ToHexString() },
        Call(2, 1, service: "shop"),
        Server(3, 2),
    ];

    /// <summary>An application that has not started, with the address of Jaeger's query API.</summary>
    private DistributedApplication Build()
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
        builder.AddContainer("shop", "shop");
        var ui = builder.AddJaeger("jaeger").Resource.UIEndpoint.EndpointAnnotation;
        ui.AllocatedEndpoint = new AllocatedEndpoint(ui, "localhost", _jaeger.Port);
        return builder.Build();
    }
}
