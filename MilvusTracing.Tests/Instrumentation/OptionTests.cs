using Milvus.Client;

namespace MilvusTracing.Tests.Instrumentation;

public sealed class OptionTests() : InstrumentationTest(isObserved: false)
{
    [Fact]
    public async Task RecordFilter_adds_the_expressions_of_searches_and_queries()
    {
        using var telemetry = new Telemetry(Milvus.Address, options => options.RecordFilter = true);

        await SearchAndQueryAsync();

        telemetry.Spans[0].GetTagItem("milvus.search.filter").ShouldBe("title == 'Ann'");
        telemetry.Spans[1].GetTagItem("db.query.text").ShouldBe("title == 'Ann'");
    }

    [Fact]
    public async Task Expressions_are_not_recorded_unless_every_provider_enables_it()
    {
        using var telemetry = new Telemetry(Milvus.Address);
        using var other = new Telemetry(Milvus.Address, options => options.RecordFilter = true);

        await SearchAndQueryAsync();

        telemetry.Spans.SelectMany(span => span.TagObjects).ShouldAllBe(tag => !$"{tag.Value}".Contains("Ann"));
        other.Spans.Count.ShouldBe(2);
    }

    [Fact]
    public async Task RecordReturnedRows_false_leaves_out_rows_and_scores()
    {
        using var telemetry = new Telemetry(Milvus.Address, options => options.RecordReturnedRows = false);

        await SearchAndQueryAsync();

        telemetry.Spans.SelectMany(span => span.TagObjects).ShouldAllBe(tag => tag.Key != "db.response.returned_rows" && !tag.Key.Contains("score"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("named")]
    public async Task SetSpanName_false_of_default_or_named_options_keeps_the_name_of_gRPC(string? name)
    {
        using var telemetry = new Telemetry(Milvus.Address, options => options.SetSpanName = false, name);

        await SearchAndQueryAsync();

        telemetry.Spans[0].DisplayName.ShouldEndWith("MilvusService/Search");
        telemetry.Spans[0].GetTagItem("db.collection.name").ShouldBe("books");
    }

    [Fact]
    public async Task A_call_that_Filter_rejects_has_no_span_and_is_measured()
    {
        using var telemetry = new Telemetry(
            Milvus.Address, options => options.Filter = request => !request.RequestUri!.AbsolutePath.EndsWith("/Search"));

        await SearchAndQueryAsync();

        telemetry.Span.DisplayName.ShouldBe("query books");
        telemetry.Durations.Select(point => point.Attributes["db.operation.name"]).ShouldBe(["search", "query"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_exception_in_Filter_fails_no_call()
    {
        using var telemetry = new Telemetry(Milvus.Address, options => options.Filter = _ => throw new InvalidOperationException("oops"));

        await SearchAndQueryAsync();

        telemetry.Spans.ShouldBeEmpty();
    }

    private async Task SearchAndQueryAsync()
    {
        await SearchAsync(Client, new SearchParameters { Expression = "title == 'Ann'" });
        await Client.GetCollection("books").QueryAsync("title == 'Ann'");
    }
}
