using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using MilvusTracing.Benchmarks;
using Spectre.Console;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is [SearchClient.Verb, var kind])
{
    await SearchClient.RunAsync(Enum.Parse<ClientKind>(kind));
    return 0;
}

if (args is [InstrumentationCost.Verb, var instrumentation, var method, var rounds])
{
    InstrumentationCost.Run(instrumentation, method, int.Parse(rounds));
    return 0;
}

var benchmarks = new OrderedDictionary<string, Func<Bench, IAsyncEnumerable<Row>>>
{
    ["delay"] = ServerSpans.MeasureAsync,
    ["search"] = SearchCost.MeasureAsync,
    ["burst"] = Burst.MeasureAsync,
    ["verifier"] = VerifierScale.MeasureAsync,
    ["instrumentation"] = InstrumentationCost.MeasureAsync,
    ["logstorm"] = LogStorm.MeasureAsync,
    ["capacity"] = JaegerCapacity.MeasureAsync,
    ["once"] = RunOnce.MeasureAsync,
};
var names = new Argument<string[]>("NAME")
{
    Description = $"The benchmarks to run; default: all. One or more of {string.Join(", ", benchmarks.Keys)}.",
    Arity = ArgumentArity.ZeroOrMore,
};
names.AcceptOnlyFromAmong([.. benchmarks.Keys]);
var quick = new Option<bool>("--quick") { Description = "Take few samples: shows that the benchmarks work, but measures nothing." };
var command = new RootCommand(
    "Measures what tracing costs and which telemetry is lost. Most benchmarks need ConnectionStrings__milvus, a Milvus that exports its spans "
    + "to 127.0.0.1:4317, and JAEGER_PROGRAM, the executable of a Jaeger 2 to start there. "
    + "Exit codes: 0 every target met, 1 a target missed, 2 a benchmark could not run, 130 canceled.") { names, quick };
command.SetAction(async (parsed, cancellationToken) =>
{
    await using var bench = new Bench(parsed.GetValue(quick), cancellationToken);
    List<Row> rows = [];
    var isComplete = true;
    foreach (var name in parsed.GetValue(names) is { Length: > 0 } chosen ? benchmarks.Keys.Intersect(chosen) : benchmarks.Keys)
    {
        try
        {
            await AnsiConsole.Status().StartAsync(name, async status =>
            {
                bench.Progress = text => status.Status(Markup.Escape($"{name}: {text}"));
                await foreach (var row in benchmarks[name](bench))
                {
                    rows.Add(row);
                }
            });
        }
        catch (Exception exception)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return 130;
            }

            // The other benchmarks can still run.
            isComplete = false;
            Console.Error.WriteLine($"{name} could not run: {exception.Message}");
        }
    }

    Print(rows);
    await SaveAsync(rows, parsed.GetValue(quick));
    return !isComplete ? 2 : rows.Any(row => row.Met == false) ? 1 : 0;
});
return await command.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });

static void Print(List<Row> rows)
{
    // The cells would wrap in a narrow or redirected terminal.
    var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Out) });
    console.Profile.Width = Math.Max(console.Profile.Width, 180);
    var table = new Table().AddColumns("benchmark", "target", "median", "min … max", "samples", "met", "method");
    foreach (var row in rows)
    {
        table.AddRow(
            Markup.Escape(row.Benchmark),
            row.Limit switch { null => "", 0 => "0", { } limit => $"≤ {Number(limit, row.Unit)}" },
            Number(row.Samples.Median, row.Unit),
            $"{Number(row.Samples.Min, "")} … {Number(row.Samples.Max, "")}",
            $"{row.Samples.Count}",
            row.Met switch { true => "yes", false => "[red]no[/]", null => "" },
            Markup.Escape(row.Note));
    }

    console.Write(table);
}

static async Task SaveAsync(List<Row> rows, bool quick)
{
    var file = Path.Combine(Directory.CreateDirectory("artifacts").FullName, "bench.json");
    var machine = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, .NET {Environment.Version}";
    var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true };
    await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { date = DateTimeOffset.UtcNow, machine, quick, rows }, options));
    Console.WriteLine($"Results written to {file}");
}

static string Number(double value, string unit) => $"{Math.Round(value, Math.Abs(value) < 10 ? 3 : 0)} {unit}".TrimEnd();
