using System.Text;
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
        var collected = Real("GC Tune done");
        collected.Fields[0].ShouldBe(new("previous GOGC", "100"));
        collected.Fields.ShouldContain(new KeyValuePair<string, string>("gc-pause", "566.187µs"));

        Real("IndexNode Component states").Fields[0].ShouldBe(new("State", "nodeID:-1 role:\"indexnode\" state_code:Abnormal "));
        Real("clock offset is huge").Fields.ShouldContain(new KeyValuePair<string, string>("prev-physical", "2026/11/24 17:16:02.958 +00:00"));
    }

    [Fact]
    public void The_lines_of_a_stack_trace_are_unescaped()
    {
        var entry = Real("retry func failed");

        (entry.Level, entry.Severity).ShouldBe(("ERROR", 17));
        var stack = entry.Fields.Single(field => field.Key == "stack").Value;
        stack.Split('\n').Length.ShouldBe(14);
        stack.ShouldContain("\n\t/__w/");
    }

    [Fact]
    public void A_stack_trace_without_a_key_becomes_exception_stacktrace() =>
        MilvusLogParser.Parse("""[2026/11/24 17:14:54.098 +00:00] [PANIC] [a/b.go:1] ["it broke"] ["main.main\n\t/a/b.go:1"]""")
            .ShouldSatisfyAllConditions(
                entry => entry.Severity.ShouldBe(21),
                entry => entry.Fields.ShouldBe([new("exception.stacktrace", "main.main\n\t/a/b.go:1")]));

    [Fact]
    public void An_internal_number_is_not_a_trace_id()
    {
        var entry = Real("recover collections and partitions from kv store");

        entry.TraceId.ShouldBeEmpty();
        entry.Fields.ShouldBe([new("traceID", "1795540494790100586")]);
    }

    [Theory]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("F999FE5FA7F4FA9677D4ECFAC402AF72")]
    [InlineData("f999fe5fa7f4fa9677d4ecfac402af7")]
    public void A_malformed_trace_id_is_not_a_trace_id(string id) =>
        MilvusLogParser.Parse($"[2026/11/24 17:14:54.098 +00:00] [INFO] [a/b.go:1] [m] [traceID={id}]").TraceId.ShouldBeEmpty();

    [Theory]
    [InlineData("traceID", "spanID")]
    [InlineData("trace_id", "span_id")]
    public void The_ids_of_trace_and_span_are_known_by_both_names(string traceKey, string spanKey)
    {
        var entry = MilvusLogParser.Parse($"{Head} [INFO] [a/b.go:7] [searching] [{traceKey}={TraceId}] [{spanKey}=00f067aa0ba902b7] [nq=1]");

        (entry.TraceId, entry.SpanId).ShouldBe((TraceId, "00f067aa0ba902b7"));
        entry.Fields.ShouldBe([new("nq", "1")]);
    }

    [Fact]
    public void A_line_without_a_format_is_the_message()
    {
        var line = RealLog.Single(line => line.Contains("maxprocs"));

        MilvusLogParser.Parse(line).ShouldSatisfyAllConditions(
            entry => (entry.Message, entry.Level, entry.TraceId).ShouldBe((line, "", "")),
            entry => entry.Fields.ShouldBeEmpty());
    }

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
    public void A_line_of_knowhere_has_no_trace_id() =>
        MilvusLogParser.Parse(RealLog.Single(line => line.Contains("[KNOWHERE]"))).ShouldSatisfyAllConditions(
            entry => (entry.Level, entry.File, entry.TraceId).ShouldBe(("INFO", "knowhere_config.cc", "")),
            entry => entry.Message.ShouldStartWith("Set faiss::"));

    [Fact]
    public void JSON_of_Milvus_is_parsed()
    {
        var entry = MilvusLogParser.Parse(Json + ""","error":"no [disk]","message":{"id":5}}""");

        entry.Time.ShouldBe(new DateTimeOffset(2026, 12, 1, 8, 30, 0, 250, TimeSpan.Zero));
        (entry.Level, entry.Message, entry.TraceId).ShouldBe(("ERROR", "load failed", TraceId));
        (entry.File, entry.Line).ShouldBe(("a/b.go", 301));
        entry.Fields.ShouldBe([new("segment", "12"), new("error", "no [disk]"), new("message", """{"id":5}""")]);
    }

    [Theory]
    [InlineData("2026-11-24T17:14:53.697Z")]
    [InlineData("1795540493.697")]
    public void JSON_of_etcd_is_parsed(string time)
    {
        var line = RealLog.Single(line => line.Contains("simple token is not")).Replace("2026-11-24T17:14:53.697Z", time);

        var entry = MilvusLogParser.Parse(line.Replace($"\"{time}\"", char.IsDigit(time[^1]) ? time : $"\"{time}\""));

        entry.Time!.Value.ToUnixTimeMilliseconds().ShouldBe(1795540493697);
        (entry.Level, entry.File, entry.Message).ShouldBe(("WARN", "auth/store.go", "simple token is not cryptographically signed"));
    }

    [Fact]
    public void Truncated_JSON_keeps_its_level() =>
        MilvusLogParser.Parse(Json).ShouldSatisfyAllConditions(entry => (entry.Level, entry.Message).ShouldBe(("ERROR", Json)));

    [Fact]
    public void A_truncated_line_keeps_what_was_written() =>
        MilvusLogParser.Parse($"{Head} [WARN] [a/b.go:7] [\"it broke\"] [traceID={TraceId}] [error=\"no di").ShouldSatisfyAllConditions(
            entry => (entry.Level, entry.TraceId).ShouldBe(("WARN", TraceId)),
            entry => entry.Message.ShouldBe("it broke [error=\"no di"));

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
    [InlineData("2026/12/01 08:30:00 traces export: exporter export timeout: rpc error: code = Unavailable desc = name resolver error")]
    [InlineData("[Error] File: /a/otlp/src/otlp_http_exporter.cc:140[OTLP TRACE HTTP Exporter] ERROR: Export 4 trace span(s) error: 1")]
    public void Export_errors_of_the_OpenTelemetry_SDKs_are_errors(string line) => MilvusLogParser.Parse(line).Level.ShouldBe("ERROR");

    [Theory]
    [InlineData("panic: runtime error: index out of range")]
    [InlineData("fatal error: concurrent map writes")]
    [InlineData("SIGNAL CATCH BY NON-GO SIGNAL HANDLER")]
    [InlineData("SIGABRT: abort")]
    [InlineData("terminate called after throwing an instance of 'std::bad_alloc'")]
    [InlineData("thread '<unnamed>' panicked at src/index_writer.rs:41:9:")]
    [InlineData("thread 'merge_thread_0' (4711) panicked at src/index_writer.rs:41:9:")]
    [InlineData("fatal runtime error: failed to initiate panic, error 5, aborting")]
    [InlineData("F20261201 08:30:00.250000 77 segcore/plan.cpp:31] Check failed: x")]
    [InlineData("[2026/12/01 08:30:00.250 +00:00] [PANIC] [a/b.go:1] [\"it broke\"]")]
    [InlineData("[2026/12/01 08:30:00.250 +00:00] [FATAL] [a/b.go:1] [\"it broke\"]")]
    public void A_crash_is_fatal(string line)
    {
        MilvusLogParser.IsCrash(line).ShouldBeTrue();
        MilvusLogParser.Parse(line).Severity.ShouldBe(21);
    }

    [Fact]
    public void A_loggers_name_is_a_field() =>
        MilvusLogParser.Parse("[2026/11/24 17:14:54.098 +00:00] [WARN] [querynode] [a/b.go:7] [\"a message\"] [k=v]")
            .ShouldSatisfyAllConditions(
                entry => (entry.File, entry.Line, entry.Message).ShouldBe(("a/b.go", 7, "a message")),
                entry => entry.Fields.ShouldBe([new("logger", "querynode"), new("k", "v")]));

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
    public void No_text_of_a_malformed_line_is_dropped()
    {
        var random = new Random(1124);
        for (var i = 0; i < 20_000; i++)
        {
            var line = new StringBuilder(RealLog[random.Next(RealLog.Length)]);
            for (var changes = random.Next(1, 6); changes > 0 && line.Length > 0; changes--)
            {
                var at = random.Next(line.Length);
                _ = random.Next(4) switch
                {
                    0 => line.Remove(at, random.Next(line.Length - at)),
                    1 => line.Insert(at, "\"\\[]= \n\0"[random.Next(8)]),
                    2 => line.Replace(line[at], "[]\"\\"[random.Next(4)], at, 1),
                    _ => line.Append(RealLog[random.Next(RealLog.Length)]),
                };
            }

            var text = line.ToString();
            var entry = MilvusLogParser.Parse(text);

            // Every letter of the line is in one of the parts. Escapes are decoded and JSON's names dropped, so such lines are not compared.
            var parsed = $"{entry.Time:yyyyMMdd HHmmssfff zzz}{entry.Level}{entry.File}{entry.Line}{entry.Message}{entry.TraceId}"
                + string.Concat(entry.Fields.Select(field => field.Key + field.Value));
            if (!text.Contains('\\') && !text.StartsWith('{'))
            {
                // A repeated trace id is one id.
                var ids = text.Split("traceID").Length - 1;
                Letters(parsed).ShouldBeGreaterThanOrEqualTo(Letters(text) - (ids * Letters($"traceID{entry.TraceId}")), text);
            }
        }
    }

    private static int Letters(string text) => text.Count(char.IsAsciiLetter);

    private static MilvusLogEntry Real(string part) => MilvusLogParser.Parse(RealLog.Single(line => line.Contains($"[\"{part}")));

    private static string Text(Random random)
    {
        const string Alphabet = "ab01 =[]\"\\\n\t\r\u0001{}:,/.-µ語";
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
    }

    /// <summary>Quotes a string as Milvus's text encoder for zap does.</summary>
    private static string Quoted(string text)
    {
        if (!text.Any(c => c is <= ' ' or '\\' or '"' or '[' or ']' or '='))
        {
            return text;
        }

        return $"\"{string.Concat(text.Select(c => c switch
        {
            '\\' or '"' => $"\\{c}",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            < ' ' => $"\\u{(int)c:x4}",
            _ => $"{c}",
        }))}\"";
    }
}
