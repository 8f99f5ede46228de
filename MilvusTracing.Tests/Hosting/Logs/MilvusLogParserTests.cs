using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Aspire.Hosting;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Logs;

public sealed class MilvusLogParserTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string SpanId = "00f067aa0ba902b7";
    private const string Time = "08:30:00.250";
    private const string Head = "[2026/12/01 08:30:00.250 +00:00]";
    private const string Glog = "W1201 08:30:00.250000 77 segcore/plan.cpp:31] [SERVER][Plan::Build][CGO_PLAN]";
    private const string Core = "module=SERVER|code.function.name=Plan::Build|thread.name=CGO_PLAN";
    private const string Json =
        $$"""{"level":"ERROR","time":"2026/12/01 09:30:00.250 +01:00","caller":"a/b.go:301","message":"load failed","traceID":"{{TraceId}}","segment":12""";

    private static readonly string[] RealLog = File.ReadAllLines(
        Path.Combine(BuiltProject.Root, "MilvusTracing.Tests", "Hosting", "Logs", "milvus-2.3.5.txt"));

    /// <summary>A line, its time, level and source, its ids of trace and span, its message, and its fields.</summary>
    public static TheoryData<string, string, string, string, string> Lines => new()
    {
        {
            Real("received request to create collection"), "17:17:41.615 INFO rootcoord/root_coord.go:992", "f999fe5fa7f4fa9677d4ecfac402af72",
            "received request to create collection", "dbName=default|name=quick_setup|role=rootcoord"
        },
        {
            Real("GC Tune done"), "17:14:57.411 INFO gc/gc_tuner.go:90", "", "GC Tune done",
            "previous GOGC=100|heapuse =34|total memory=46|next GC=45|new GOGC=200|gc-pause=566.187µs|gc-pause-end=1795540497406964516"
        },
        {
            Real("IndexNode Component states"), "17:14:53.746 INFO indexnode/indexnode.go:304", "", "IndexNode Component states",
            "State=nodeID:-1 role:\"indexnode\" state_code:Abnormal |Status=Success|SubcomponentStates=null"
        },
        {
            Real("clock offset is huge"), "17:16:03.185 WARN tso/tso.go:178", "", "clock offset is huge, check network latency and clock skew",
            "jet-lag=226.816135ms|prev-physical=2026/11/24 17:16:02.958 +00:00|now=2026/11/24 17:16:03.185 +00:00"
        },
        {
            $"""{Head} [PANIC] [a/b.go:1] ["it broke"] ["main.main\n\t/a/b.go:1"]""", $"{Time} PANIC a/b.go:1", "", "it broke",
            "exception.stacktrace=main.main\n\t/a/b.go:1"
        },
        { $"{Head} [INFO] [a/b.go:7] [m] [traceID={TraceId}] [spanID={SpanId}] [nq=1]", $"{Time} INFO a/b.go:7", TraceId + SpanId, "m", "nq=1" },
        { $"{Head} [INFO] [a/b.go:7] [m] [trace_id={TraceId}] [span_id={SpanId}] [nq=1]", $"{Time} INFO a/b.go:7", TraceId + SpanId, "m", "nq=1" },
        { $"{Head} [WARN] [a/b.go:7] [m] [traceID={TraceId}] [error=\"no di", $"{Time} WARN a/b.go:7", TraceId, "m [error=\"no di", "" },
        { Real("maxprocs"), "  :0", "", Real("maxprocs"), "" },
        {
            // Woodpecker writes fields without brackets, and several between two brackets.
            $"{Head} [DEBUG] [segment/writer.go:88] [flushed] scope=Writer,intent=append,traceID={TraceId},ids=1,2,3,note=\"a, b=c\" "
                + "[block=4,path=\"x y\",tail=7,8] [last=true]",
            $"{Time} DEBUG segment/writer.go:88", TraceId, "flushed",
            "scope=Writer|intent=append|ids=1,2,3|note=a, b=c|block=4|path=x y|tail=7,8|last=true"
        },
        { Rest("08:30:00.250 Z", 404), $"{Time} INFO :0", TraceId, "GET /v2/x", "code=404|latency=2.75ms|client=::1|method=GET|error=Error #01: [a=b], c=d" },
        { Rest("14:00:00.250 +05:30", 503), $"{Time} ERROR :0", TraceId, "GET /v2/x", "code=503|latency=2.75ms|client=::1|method=GET|error=Error #01: [a=b], c=d" },
        { $"{Glog}[{TraceId}][field=9] slow", " WARN segcore/plan.cpp:31", TraceId, "[field=9] slow", Core },
        { $"{Glog}[{TraceId}]slow".Replace("W1201", "W20261201").Replace(" 77 ", "    77 "), " WARN segcore/plan.cpp:31", TraceId, "slow", Core },
        { Glog + "[]slow", " WARN segcore/plan.cpp:31", "", "slow", Core },
        { Glog + "[0]slow", " WARN segcore/plan.cpp:31", "", "slow", Core },
        { Glog + " slow", " WARN segcore/plan.cpp:31", "", "slow", Core },
        {
            $"{Head} [WARN] [CGO] [segcore/plan.cpp:31] [\"[SERVER][Plan::Build][CGO_PLAN][{TraceId}]slow\"]", $"{Time} WARN segcore/plan.cpp:31", TraceId,
            "slow", Core + "|logger=CGO"
        },
        {
            """{"level":"WARN","time":"2026/12/01 08:30:00.250 +00:00","name":"CGO","caller":"segcore/plan.cpp:31","message":"""
                + $"\"[SERVER][Plan::Build][CGO_PLAN][{TraceId}]slow\"}}",
            $"{Time} WARN segcore/plan.cpp:31", TraceId, "slow", Core + "|logger=CGO"
        },
        {
            Real("[KNOWHERE]"), " INFO knowhere_config.cc:94", "", "Set faiss::distance_compute_blas_threshold to 16384",
            "module=KNOWHERE|code.function.name=SetBlasThreshold|thread.name=milvus"
        },
        {
            Json + ""","error":"no [disk]","message":{"id":5}}""", $"{Time} ERROR a/b.go:301", TraceId, "load failed",
            """segment=12|error=no [disk]|message={"id":5}"""
        },
        { Json, " ERROR :0", "", Json, "" },
        { Real("simple token is not"), "17:14:53.697 WARN auth/store.go:1233", "", "simple token is not cryptographically signed", "" },
        { """{"level":"warn","ts":1795540493.697,"caller":"a/b.go:7","msg":"m"}""", "17:14:53.697 WARN a/b.go:7", "", "m", "" },
        { "[2026-12-01T08:30:00.250Z WARN  tantivy::directory] slow", $"{Time} WARN :0", "", "slow", "logger=tantivy::directory" },
        { Head + " [WARN] [Tantivy/tantivy::directory] [src/dir.rs:8] [slow] [k=v]", $"{Time} WARN src/dir.rs:8", "", "slow", "logger=Tantivy/tantivy::directory|k=v" },
        { Head + " [WARN] [Tantivy/tantivy::directory] [slow]", $"{Time} WARN :0", "", "slow", "logger=Tantivy/tantivy::directory" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_line_is_parsed_into_its_parts_and_sent_with_its_trace(string line, string origin, string ids, string message, string fields)
    {
        var entry = MilvusLogParser.Parse(line);

        $"{entry.Time?.UtcDateTime:HH:mm:ss.fff} {entry.Level} {entry.File}:{entry.Line}".ShouldBe(origin);
        (entry.TraceId + entry.SpanId, entry.Message).ShouldBe((ids, message));
        string.Join('|', entry.Fields.Select(field => $"{field.Key}={field.Value}")).ShouldBe(fields);
        (await MilvusLogForwarderTests.ForwardedAsync(MilvusLogSelection.Trace, "", [line])).Count.ShouldBe(ids.Length > 0 ? 1 : 0);
    }

    [Theory]
    [InlineData("1795540494790100586")] // an internal number
    [InlineData("00000000000000000000000000000000")]
    [InlineData("F999FE5FA7F4FA9677D4ECFAC402AF72")]
    [InlineData("f999fe5fa7f4fa9677d4ecfac402af7")]
    public void A_value_that_is_not_a_W3C_trace_id_stays_a_field(string id) =>
        MilvusLogParser.Parse($"{Head} [INFO] [a/b.go:1] [m] [traceID={id}]").ShouldSatisfyAllConditions(
            entry => entry.TraceId.ShouldBeEmpty(),
            entry => entry.Fields.ShouldBe([new("traceID", id)]));

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

    private static string Real(string part) => RealLog.Single(line => line.Contains(part));

    private static string Rest(string time, int code) =>
        $"[2026/12/01 {time}] [GIN] [/v2/x] [traceID={TraceId}] [code={code}] [latency=2.75ms] [client=::1] [method=GET] [error=Error #01: [a=b], c=d\n]";

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
