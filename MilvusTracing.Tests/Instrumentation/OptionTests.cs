using Milvus.Client;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>What spans say only when asked to, and what they need not say.</summary>
[Collection(ProcessWide.Name)]
public sealed class OptionTests : IAsyncLifetime
{
    private MilvusDouble _milvus = null!;

    public async Task InitializeAsync() => _milvus = await MilvusDouble.StartAsync();

    public async Task DisposeAsync() => await _milvus.DisposeAsync();

    [Fact]
    public async Task Returned_rows_are_counted_when_asked_for()
    {
        using var telemetry = new Telemetry(_milvus.Address, options => options.RecordReturnedRows = true);

        await SearchAndQueryAsync();

        telemetry.Spans.Select(span => span.GetTagItem("db.response.returned_rows")).ShouldBe([5L, (long)MilvusDouble.RowCount]);
    }

    [Fact]
    public async Task Filters_are_recorded_when_asked_for()
    {
        using var telemetry = new Telemetry(_milvus.Address, options => options.RecordFilter = true);

        await SearchAndQueryAsync();

        telemetry.Spans[0].GetTagItem("db.milvus.search.filter").ShouldBe("title == 'Ann'");
        telemetry.Spans[1].GetTagItem("db.query.text").ShouldBe("title == 'Ann'");
    }

    [Fact]
    public async Task Neither_is_recorded_by_default_and_not_if_another_provider_does_not_ask_for_it()
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var other = new Telemetry(_milvus.Address, options => options.RecordFilter = options.RecordReturnedRows = true);

        await SearchAndQueryAsync();

        telemetry.Spans.SelectMany(span => span.TagObjects).ShouldAllBe(tag => !$"{tag.Value}".Contains("Ann") && tag.Key != "db.response.returned_rows");
        other.Spans.Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_name_can_stay_that_of_gRPC()
    {
        using var telemetry = new Telemetry(_milvus.Address, options => options.SetSpanName = false);

        await SearchAndQueryAsync();

        telemetry.Spans[0].DisplayName.ShouldEndWith("MilvusService/Search");
        telemetry.Spans[0].GetTagItem("db.collection.name").ShouldBe("books");
    }

    [Fact]
    public async Task A_call_that_the_filter_leaves_out_has_no_span_and_is_measured()
    {
        using var telemetry = new Telemetry(
            _milvus.Address, options => options.Filter = request => !request.RequestUri!.AbsolutePath.EndsWith("/Search"), isMetering: true);

        await SearchAndQueryAsync();

        telemetry.Span.DisplayName.ShouldBe("query books");
        telemetry.Durations.Select(point => point.Attributes["db.operation.name"]).ShouldBe(["search", "query"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_filter_that_throws_fails_no_call()
    {
        using var telemetry = new Telemetry(_milvus.Address, options => options.Filter = _ => throw new InvalidOperationException("oops"));

        await SearchAndQueryAsync();

        telemetry.Spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task Named_options_are_the_named_providers()
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
