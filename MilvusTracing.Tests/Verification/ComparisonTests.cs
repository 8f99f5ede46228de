using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public sealed class ComparisonTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    /// <summary>Durations before and now in ms, as a mean and a spread around it.</summary>
    [Theory]
    [InlineData(200, 20, 200, 20, 200, Change.Noise)]
    [InlineData(200, 20, 260, 20, 200, Change.Slower)]
    [InlineData(260, 20, 200, 20, 200, Change.Faster)]
    [InlineData(200, 20, 260, 20, 8, Change.Slower)]
    [InlineData(200, 20, 2_000, 20, 7, Change.TooFewCalls)]
    [InlineData(200, 0, 200, 0, 20, Change.Noise)]
    public void A_change_is_told_from_noise(double before, double spread, double now, double spreadNow, int calls, Change change)
    {
        var comparison = Compare(Calls(calls, before, spread, seed: 1), Calls(calls, now, spreadNow, seed: 2));

        var search = comparison.Operations.ShouldHaveSingleItem();
        (search.CallsBefore, search.CallsAfter, search.Whole.Change).ShouldBe((calls, calls, change));
        search.IsSlowerBy(0.1).ShouldBe(change == Change.Slower);
        search.IsSlowerBy(0.5).ShouldBeFalse();
    }

    [Fact]
    public void Chance_alone_is_seldom_a_change() =>
        Enumerable.Range(0, 200).Count(i => Compare(Calls(20, 200, 50, seed: i), Calls(20, 200, 50, seed: 1_000 + i)).Operations[0].Whole.Change != Change.Noise)
            .ShouldBeLessThan(10, "the level of the test is 1 %: 2 of 200");

    [Fact]
    public void One_outlier_is_noise()
    {
        var before = Calls(20, 200, 5, seed: 1);

        Compare(before, [.. before.Take(19), .. Calls(1, 60_000, 0, seed: 1)]).Operations[0].Whole.Change.ShouldBe(Change.Noise);
    }

    [Fact]
    public void The_part_that_changed_comes_first()
    {
        var search = Compare(Calls(20, 200, 5, seed: 1), Calls(20, 260, 5, seed: 2)).Operations[0];

        (search.Parts[0].Name, search.Parts[0].Change).ShouldBe(("waiting for the time tick", Change.Slower));
        search.Parts.Single(part => part.Name == "client and network").Change.ShouldBe(Change.Noise);
        search.Parts[0].ToString().ShouldMatch(@"time tick +1\d\d ms +2\d\d ms +\+\d\d % slower");
    }

    [Fact]
    public void Operations_of_one_side_are_listed()
    {
        var query = new TraceData(TraceId, [Call(2, null, "Query"), Server(3, 2, "Query")]);

        var comparison = Compare([query], Calls(8, 200, 5, seed: 1));

        comparison.Operations.ShouldBeEmpty();
        comparison.OnlyOnce.Count.ShouldBe(2);
        comparison.ToPlainText().ShouldContain("query");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("PNG")]
    [InlineData("""{"format":"milvus-trace-baseline","version":1}""")]
    [InlineData("""{"format":"other","version":1,"operations":[]}""")]
    [InlineData("""{"format":"milvus-trace-baseline","version":1,"operations":[null]}""")]
    [InlineData("""{"format":"milvus-trace-baseline","version":1,"operations":[{"operation":"search","calls":[],"parts":{}}]}""")]
    [InlineData("""{"format":"milvus-trace-baseline","version":1,"operations":[{"operation":"search","calls":[-1],"parts":{}}]}""")]
    [InlineData("""{"format":"milvus-trace-baseline","version":1,"operations":[{"operation":"search","calls":[1,2],"parts":{"segcore":[1]}}]}""")]
    [InlineData("""{"format":"milvus-trace-baseline","version":1,"operations":[{"operation":"search","calls":[9223372036854775807,1],"parts":{"segcore":null}}]}""")]
    [InlineData("""{"format":"milvus-trace-baseline","version":2,"operations":[]}""", "version 2")]
    public void A_file_that_is_no_baseline_is_refused(string content, string reason = "")
    {
        File.WriteAllText(_file, content);

        var message = Should.Throw<InvalidDataException>(() => Baseline.Load(_file)).Message;
        message.ShouldContain(_file);
        message.ShouldContain(reason);
    }

    [Fact]
    public void A_saved_file_has_no_text_of_spans_but_operations()
    {
        Baseline.Of(Explanation.Of(Calls(8, 200, 5, seed: 1))).Save(_file);

        File.ReadAllText(_file).ShouldNotContain("MilvusService");
        Baseline.Load(_file);
    }

    [Fact]
    public async Task A_test_fails_if_an_operation_became_slower()
    {
        var before = Baseline.Of(Explanation.Of(Calls(20, 200, 5, seed: 1)));
        var slower = Explanation.Of(Calls(20, 260, 5, seed: 2));

        slower.EnsureNotSlowerThan(before, "search", byAtMost: 0.5).ShouldBeSameAs(slower);
        Should.Throw<TraceAssertionException>(() => slower.EnsureNotSlowerThan(before, "search", byAtMost: 0.2)).Message.ShouldContain("time tick");
        Should.Throw<TraceAssertionException>(() => slower.EnsureNotSlowerThan(before, "query", byAtMost: 0.2)).Message.ShouldContain("8 calls");

        var report = await VerifyAsync([Span(1), .. Enumerable.Range(1, 8).SelectMany(i => new[] { Call(10 * i, 1, milliseconds: 200), Server((10 * i) + 1, 10 * i) })]);
        report.EnsureNotSlowerThan(before, "search", byAtMost: 0.2).ShouldBeSameAs(report);
    }

    private Comparison Compare(IReadOnlyList<TraceData> before, IReadOnlyList<TraceData> now)
    {
        Baseline.Of(Explanation.Of(before)).Save(_file);
        return Comparison.Of(Baseline.Load(_file), Explanation.Of(now));
    }

    /// <summary>Searches whose wait for the time tick makes the difference.</summary>
    internal static List<TraceData> Calls(int count, double mean, double spread, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(1, count).Select(i => (i, Milliseconds: mean + (spread * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5))))
            .Select(call => new TraceData(((1_000 * seed) + call.i).ToString("x32"),
            [
                Call(2, null, milliseconds: call.Milliseconds),
                Server(3, 2, service: "proxy", at: 10, milliseconds: call.Milliseconds - 20),
                Span(4, 3, "Delegator-waitTSafe", "querynode", at: 20, milliseconds: call.Milliseconds - 40),
            ]))];
    }
}
