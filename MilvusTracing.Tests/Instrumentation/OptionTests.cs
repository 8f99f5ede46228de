using Milvus.Client;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Instrumentation;

[Collection(ProcessWide.Name)]
public sealed class OptionTests : IAsyncLifetime
{
    private FakeMilvus _milvus = null!;

    public async Task InitializeAsync() => _milvus = await FakeMilvus.StartAsync();

    public async Task DisposeAsync() => await _milvus.DisposeAsync();

    [Fact]
    public async Task RecordFilter_adds_the_expressions_of_searches_and_queries()
    {
        using var telemetry = new Telemetry(_milvus.Address, options => options.RecordFilter = true);

        await SearchAndQueryAsync();

        telemetry.Spans[0].GetTagItem("milvus.search.filter").ShouldBe("title == 'Ann'");
        telemetry.Spans[1].GetTagItem("db.query.text").ShouldBe("title == 'Ann'");
    }

    [Fact]
    public async Task Expressions_are_not_recorded_unless_every_provider_enables_it()
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var other = new Telemetry(_milvus.Address, options => options.RecordFilter = true);

        await SearchAndQueryAsync();

        telemetry.Spans.SelectMany(span => span.TagObjects).ShouldAllBe(tag => !$"{tag.Value}".Contains("Ann"));
        other.Spans.Count.ShouldBe(2);
    }

    [Fact]
    public async Task RecordReturnedRows_false_leaves_out_rows_and_scores()
    {
        using var telemetry = new Telemetry(_milvus.Address, options => options.RecordReturnedRows = false);

        await SearchAndQueryAsync();

        telemetry.Spans.SelectMany(span => span.TagObjects).ShouldAllBe(tag => tag.Key != "db.response.returned_rows" && !tag.Key.Contains("score"));
    }

    [Fact]
    public async Task SetSpanName_false_keeps_the_name_of_gRPC()
    {
        using var telemetry = new Telemetry(_milvus.Address, options => options.SetSpanName = false);

        await SearchAndQueryAsync();

        telemetry.Spans[0].DisplayName.ShouldEndWith("MilvusService/Search");
        telemetry.Spans[0].GetTagItem("db.collection.name").ShouldBe("books");
    }

    [Fact]
    public async Task A_call_that_Filter_rejects_has_no_span_and_is_measured()
    {
        using var telemetry = new Telemetry(
            _milvus.Address, options => options.Filter = request => !request.RequestUri!.AbsolutePath.EndsWith("/Search"), isMetering: true);

        await SearchAndQueryAsync();

        telemetry.Span.DisplayName.ShouldBe("query books");
        telemetry.Durations.Select(point => point.Attributes["db.operation.name"]).ShouldBe(["search", "query"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_exception_in_Filter_fails_no_call()
    {
        using var telemetry = new Telemetry(_milvus.Address, options => options.Filter = _ => throw new InvalidOperationException("oops"));

        await SearchAndQueryAsync();

        telemetry.Spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task Named_options_apply_to_the_provider_of_that_name()
    {
        var spans = new List<System.Diagnostics.Activity>();
        using (Sdk.CreateTracerProviderBuilder()
            .AddGrpcClientInstrumentation()
            .AddMilvusClientInstrumentation("named", options => options.SetSpanName = false)
            .AddInMemoryExporter(spans)
            .Build())
        {
            await SearchAndQueryAsync();
        }

        spans.ShouldContain(span => span.DisplayName.EndsWith("MilvusService/Search") && span.GetTagItem("db.collection.name") as string == "books");
    }

    private async Task SearchAndQueryAsync()
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");
        var books = client.GetCollection("books");
        await books.SearchAsync<float>("vector", [new float[4]], SimilarityMetricType.L2, limit: 5, new SearchParameters { Expression = "title == 'Ann'" });
        await books.QueryAsync("title == 'Ann'");
    }
}
