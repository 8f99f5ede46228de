using System.Text;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Logs;

public sealed class MilvusLogEntryTests
{
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
        MilvusLogEntry.Parse("""[2026/11/24 17:14:54.098 +00:00] [PANIC] [a/b.go:1] ["it broke"] ["main.main\n\t/a/b.go:1"]""")
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
        MilvusLogEntry.Parse($"[2026/11/24 17:14:54.098 +00:00] [INFO] [a/b.go:1] [m] [traceID={id}]").TraceId.ShouldBeEmpty();

    [Theory]
    [InlineData("maxprocs", "", 0)]
    [InlineData("starting local member", "INFO", 9)]
    [InlineData("simple token is not cryptographically signed", "WARN", 13)]
    [InlineData("[KNOWHERE]", "INFO", 9)]
    public void A_line_in_another_format_is_the_message_and_has_a_severity(string part, string level, int severity)
    {
        var line = RealLog.Single(line => line.Contains(part));

        var entry = MilvusLogEntry.Parse(line);

        (entry.Message, entry.Level, entry.Severity, entry.TraceId).ShouldBe((line, level, severity, ""));
        entry.Fields.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("panic: runtime error: index out of range", "FATAL")]
    [InlineData("fatal error: concurrent map writes", "FATAL")]
    [InlineData("W20261124 17:14:54.115177 15343 x.cc:94] late", "WARN")]
    [InlineData("E1124 17:14:54.115177 15343 x.cc:94] bad", "ERROR")]
    public void Crashes_and_glog_lines_have_a_level(string line, string level) => MilvusLogEntry.Parse(line).Level.ShouldBe(level);

    [Fact]
    public void A_loggers_name_is_a_field() =>
        MilvusLogEntry.Parse("[2026/11/24 17:14:54.098 +00:00] [WARN] [querynode] [a/b.go:7] [\"a message\"] [k=v]")
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

            var entry = MilvusLogEntry.Parse(line);

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
            var entry = MilvusLogEntry.Parse(text);

            // Every letter of the line is in one of the parts. Escapes are decoded, so such lines are not compared.
            var parsed = $"{entry.Time:yyyyMMdd HHmmssfff zzz}{entry.Level}{entry.File}{entry.Line}{entry.Message}{entry.TraceId}"
                + string.Concat(entry.Fields.Select(field => field.Key + field.Value));
            if (!text.Contains('\\'))
            {
                Letters(parsed).ShouldBeGreaterThanOrEqualTo(Letters(text) - Letters("traceID"), text);
            }
        }
    }

    private static int Letters(string text) => text.Count(char.IsAsciiLetter);

    private static MilvusLogEntry Real(string part) => MilvusLogEntry.Parse(RealLog.Single(line => line.Contains($"[\"{part}")));

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
