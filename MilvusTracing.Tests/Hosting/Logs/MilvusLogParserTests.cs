using System.Text.Encodings.Web;
using System.Text.Json;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Logs;

public sealed class MilvusLogParserTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Head = "[2026/12/01 08:30:00.250 +00:00]";
    private const string Glog = "W1201 08:30:00.250000 77 segcore/plan.cpp:31] [SERVER][Plan::Build][CGO_PLAN]";
    private const string Json =
        $$"""{"level":"ERROR","time":"2026/12/01 09:30:00.250 +01:00","caller":"a/b.go:301","message":"load failed","traceID":"{{TraceId}}","segment":12""";

    private static readonly string[] RealLog = File.ReadAllLines(
        Path.Combine(BuiltProject.Root, "MilvusTracing.Tests", "Hosting", "Logs", "milvus-2.3.5.txt"));

    [Fact]
    public void A_line_of_a_request_is_parsed_into_its_parts()
    {
        var entry = Real("received request to create collection");

        entry.Time.ShouldBe(new DateTimeOffset(2026, 11, 24, 17, 17, 41, 615, TimeSpan.Zero));
        (entry.Level, entry.Severity, entry.File, entry.Line).ShouldBe(("INFO", 9, "rootcoord/root_coord.go", 992));
        (entry.Message, entry.TraceId).ShouldBe(("received request to create collection", "f999fe5fa7f4fa9677d4ecfac402af72"));
        entry.Fields.ShouldBe([new("dbName", "default"), new("name", "quick_setup"), new("role", "rootcoord")]);
    }

    [Fact]
    public void Quoted_keys_and_values_are_unquoted()
    {
        Real("GC Tune done").Fields[0].ShouldBe(new("previous GOGC", "100"));
        Real("IndexNode Component states").Fields[0].ShouldBe(new("State", "nodeID:-1 role:\"indexnode\" state_code:Abnormal "));
        Real("clock offset is huge").Fields.ShouldContain(new KeyValuePair<string, string>("prev-physical", "2026/11/24 17:16:02.958 +00:00"));
        Real("retry func failed").Fields.Single(field => field.Key == "stack").Value.ShouldContain("\n\t/__w/");
    }

    [Fact]
    public void A_stack_trace_without_a_key_becomes_exception_stacktrace() =>
        MilvusLogParser.Parse("""[2026/11/24 17:14:54.098 +00:00] [PANIC] [a/b.go:1] ["it broke"] ["main.main\n\t/a/b.go:1"]""")
            .ShouldSatisfyAllConditions(
                entry => entry.Severity.ShouldBe(21),
                entry => entry.Fields.ShouldBe([new("exception.stacktrace", "main.main\n\t/a/b.go:1")]));

    [Theory]
    [InlineData("1795540494790100586")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("F999FE5FA7F4FA9677D4ECFAC402AF72")]
    public void A_value_that_is_not_a_W3C_trace_id_stays_a_field(string id) =>
        MilvusLogParser.Parse($"{Head} [INFO] [a/b.go:1] [m] [traceID={id}]").ShouldSatisfyAllConditions(
            entry => entry.TraceId.ShouldBeEmpty(),
            entry => entry.Fields.ShouldBe([new("traceID", id)]));

    [Fact]
    public void Fields_of_woodpecker_are_parsed_without_brackets_and_with_several_in_one()
    {
        var entry = MilvusLogParser.Parse(
            "[2026/12/01 08:30:00.250 +00:00] [DEBUG] [segment/writer.go:88] [flushed] "
            + $"scope=Writer,intent=append,traceID={TraceId},ids=1,2,3,note=\"a, b=c\" [block=4,path=\"x y\",tail=7,8] [last=true]");

        (entry.Message, entry.Level, entry.TraceId).ShouldBe(("flushed", "DEBUG", TraceId));
        entry.Fields.ShouldBe(
        [
            new("scope", "Writer"), new("intent", "append"), new("ids", "1,2,3"), new("note", "a, b=c"),
            new("block", "4"), new("path", "x y"), new("tail", "7,8"), new("last", "true"),
        ]);
    }

    [Theory]
    [InlineData("2026/12/01 08:30:00.250 Z", 404, "INFO")]
    [InlineData("2026/12/01 14:00:00.250 +05:30", 503, "ERROR")]
    public void A_request_line_of_the_REST_server_is_parsed(string time, int code, string level)
    {
        var entry = MilvusLogParser.Parse(
            $"[{time}] [GIN] [/v2/vectordb/collections/list] [traceID={TraceId}] [code={code}] [latency=2.75ms] [client=10.0.0.9] [method=GET] "
            + "[error=Error #01: [a=b], c=d\n]");

        entry.Time.ShouldBe(new DateTimeOffset(2026, 12, 1, 8, 30, 0, 250, TimeSpan.Zero));
        (entry.Message, entry.Level, entry.TraceId).ShouldBe(("GET /v2/vectordb/collections/list", level, TraceId));
        entry.Fields.ShouldBe(
        [
            new("code", $"{code}"), new("latency", "2.75ms"), new("client", "10.0.0.9"), new("method", "GET"),
            new("error", "Error #01: [a=b], c=d"),
        ]);
    }

    [Theory]
    [InlineData($"{Glog}[{TraceId}][field=9] slow", TraceId, "[field=9] slow")]
    [InlineData($"W20261201 08:30:00.250000    77 segcore/plan.cpp:31] [SERVER][Plan::Build][CGO_PLAN][{TraceId}]slow", TraceId, "slow")]
    [InlineData(Glog + "[]slow", "", "slow")]
    [InlineData(Glog + "[0]slow", "", "slow")]
    [InlineData(Glog + " slow", "", "slow")]
    [InlineData($"{Head} [WARN] [CGO] [segcore/plan.cpp:31] [\"[SERVER][Plan::Build][CGO_PLAN][{TraceId}]slow\"]", TraceId, "slow")]
    [InlineData(
        """{"level":"WARN","time":"2026/12/01 08:30:00.250 +00:00","name":"CGO","caller":"segcore/plan.cpp:31","message":"""
        + $"\"[SERVER][Plan::Build][CGO_PLAN][{TraceId}]slow\"}}",
        TraceId, "slow")]
    public void A_line_of_the_core_has_its_trace_id_in_the_fourth_bracket(string line, string traceId, string message)
    {
        var entry = MilvusLogParser.Parse(line);

        (entry.TraceId, entry.Message, entry.Level, entry.File, entry.Line).ShouldBe((traceId, message, "WARN", "segcore/plan.cpp", 31));
        entry.Fields.Where(field => field.Key != "logger")
            .ShouldBe([new("module", "SERVER"), new("code.function.name", "Plan::Build"), new("thread.name", "CGO_PLAN")]);
    }

    [Fact]
    public void JSON_of_Milvus_is_parsed()
    {
        var entry = MilvusLogParser.Parse(Json + ""","error":"no [disk]","message":{"id":5}}""");

        entry.Time.ShouldBe(new DateTimeOffset(2026, 12, 1, 8, 30, 0, 250, TimeSpan.Zero));
        (entry.Level, entry.Message, entry.TraceId).ShouldBe(("ERROR", "load failed", TraceId));
        (entry.File, entry.Line).ShouldBe(("a/b.go", 301));
        entry.Fields.ShouldBe([new("segment", "12"), new("error", "no [disk]"), new("message", """{"id":5}""")]);
    }

    [Fact]
    public void JSON_of_etcd_is_parsed()
    {
        var entry = MilvusLogParser.Parse(RealLog.Single(line => line.Contains("simple token is not")));

        entry.Time.ShouldBe(new DateTimeOffset(2026, 11, 24, 17, 14, 53, 697, TimeSpan.Zero));
        (entry.Level, entry.File, entry.Message).ShouldBe(("WARN", "auth/store.go", "simple token is not cryptographically signed"));
    }

    [Fact]
    public void Truncated_JSON_keeps_its_level() =>
        MilvusLogParser.Parse(Json).ShouldSatisfyAllConditions(entry => (entry.Level, entry.Message).ShouldBe(("ERROR", Json)));

    [Theory]
    [InlineData("[2026-12-01T08:30:00.250Z WARN  tantivy::directory] merge is slow", "tantivy::directory")]
    [InlineData(Head + " [WARN] [Tantivy/tantivy::directory] [src/dir.rs:8] [\"merge is slow\"]", "Tantivy/tantivy::directory")]
    [InlineData(Head + " [WARN] [Tantivy/tantivy::directory] [\"merge is slow\"]", "Tantivy/tantivy::directory")]
    public void Lines_of_Rust_code_are_parsed(string line, string logger) =>
        MilvusLogParser.Parse(line).ShouldSatisfyAllConditions(
            entry => (entry.Level, entry.Message).ShouldBe(("WARN", "merge is slow")),
            entry => entry.Time.ShouldBe(new DateTimeOffset(2026, 12, 1, 8, 30, 0, 250, TimeSpan.Zero)),
            entry => entry.Fields.ShouldBe([new("logger", logger)]));

    [Theory]
    [InlineData("fatal error: concurrent map writes")]
    [InlineData("SIGABRT: abort")]
    [InlineData("terminate called after throwing an instance of 'std::bad_alloc'")]
    [InlineData("thread 'merge_thread_0' (4711) panicked at src/index_writer.rs:41:9:")]
    [InlineData("fatal runtime error: failed to initiate panic, error 5, aborting")]
    [InlineData("[2026/12/01 08:30:00.250 +00:00] [FATAL] [a/b.go:1] [\"it broke\"]")]
    public void A_crash_is_fatal(string line)
    {
        MilvusLogParser.IsCrash(line).ShouldBeTrue();
        MilvusLogParser.Parse(line).Severity.ShouldBe(21);
    }

    [Fact]
    public void Random_entries_are_parsed_as_they_were_encoded()
    {
        var random = new Random(20261124);
        for (var i = 0; i < 5_000; i++)
        {
            var message = Text(random);
            var fields = Enumerable.Range(0, random.Next(5)).Select(n => new KeyValuePair<string, string>($"k{n}{Text(random)}", Text(random))).ToList();
            var line = $"[2026/11/24 17:14:54.098 +08:00] [WARN] [a/b.go:7] [{Quoted(message)}]"
                + string.Concat(fields.Select(field => $" [{Quoted(field.Key)}={Quoted(field.Value)}]"));

            var entry = MilvusLogParser.Parse(line);

            entry.Message.ShouldBe(message, line);
            entry.Fields.ShouldBe(fields, line);
        }
    }

    [Fact]
    public void No_text_of_a_truncated_line_is_dropped()
    {
        var truncated =
            from line in RealLog
            where line.StartsWith('[')
            let text = line.Replace("\\", "")
            from length in Enumerable.Range(1, text.Length)
            select text[..length];

        // An empty trace id is not kept.
        foreach (var text in truncated.Where(text => !text.EndsWith("[traceID=")))
        {
            var entry = MilvusLogParser.Parse(text);

            var parsed = $"{entry.Level}{entry.File}{entry.Message}{entry.TraceId}{(entry.TraceId.Length > 0 ? "traceID" : "")}"
                + string.Concat(entry.Fields.Select(field => field.Key + field.Value));
            Letters(parsed).ShouldBeGreaterThanOrEqualTo(Letters(text), text);
        }
    }

    private static int Letters(string text) => text.Count(char.IsAsciiLetter);

    private static MilvusLogEntry Real(string part) => MilvusLogParser.Parse(RealLog.Single(line => line.Contains($"[\"{part}")));

    private static string Text(Random random)
    {
        const string Alphabet = "ab01 =[]\"\\\n\t\r\u0001{}:,/.-µ語";
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
    }

    /// <summary>Quotes a string as Milvus's text encoder for zap does, with JSON's escapes.</summary>
    private static string Quoted(string text) => text.Any(c => c is <= ' ' or '\\' or '"' or '[' or ']' or '=')
        ? JsonSerializer.Serialize(text, new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
        : text;
}
