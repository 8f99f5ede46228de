using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Grpc.Core;
using Milvus.Client;
using MilvusTracing.Benchmarks;
using MilvusTracing.Benchmarks.Client;
using MilvusTracing.Benchmarks.Benchmarks;
using MilvusTracing.Verification;
using Spectre.Console;

if (args is [SearchClient.Verb, var kind])
{
    await SearchClient.RunAsync(Enum.Parse<ClientKind>(kind));
    return 0;
}

// InstrumentationCost leaves the dashboard minutes of spans to take in: what looks there comes before.
Benchmark[] figures =
    [new IdleTraces(), new SpanDelay(), new SearchCost(), new Burst(), new VerifierScale(), new InstrumentationCost(), new WorkerMemory(), new LogStorm(), new HubCapacity(), new RunOnce(), new CleanClone()];
var names = new Argument<string[]>("NAME")
{
    Description = $"The figures to measure, all by default: {string.Join(", ", figures.Select(figure => figure.Name))}.",
    Arity = ArgumentArity.ZeroOrMore,
};
names.AcceptOnlyFromAmong([.. figures.Select(figure => figure.Name)]);
var json = new Option<FileInfo>("--json")
{
    Description = "The file that takes the table as JSON.",
    DefaultValueFactory = _ => new FileInfo(Path.Combine("artifacts", "bench.json")),
};
var quick = new Option<bool>("--quick") { Description = "Few and small samples: shows that it works, measures nothing." };
var command = new RootCommand(
    "Measures what tracing costs and what it loses, on the Milvus of ConnectionStrings__milvus, which sends its spans to 127.0.0.1:4317, "
    + "with a Jaeger 2 of the bench's own there, whose program JAEGER_PROGRAM names. Exit codes: 0 every target met, 1 one missed, 2 could not measure, 130 stopped.")
{
    names, json, quick,
};
command.SetAction((parsed, cancellationToken) => MeasureAsync(
    [.. figures.Where(figure => parsed.GetValue(names) is not { Length: > 0 } chosen || chosen.Contains(figure.Name))],
    parsed.GetValue(json)!,
    parsed.GetValue(quick),
    cancellationToken));
return await command.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });

static async Task<int> MeasureAsync(Benchmark[] figures, FileInfo json, bool quick, CancellationToken cancellationToken)
{
    await using var bench = new Bench(quick);
    List<Row> rows = [];
    var complete = true;
    foreach (var figure in figures)
    {
        try
        {
            rows.AddRange(await AnsiConsole.Status().StartAsync(figure.Name, status => figure.MeasureAsync(
                bench, new Progress<string>(text => status.Status(Markup.Escape($"{figure.Name}: {text}"))), cancellationToken)));
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"{figure.Name}: stopped before the end.");
            return 130;
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException or IOException or System.Net.Sockets.SocketException or RpcException or MilvusException or BackendException)
        {
            // What was measured before, and what comes after, is worth having all the same.
            complete = false;
            Console.Error.WriteLine($"{figure.Name} could not be measured: {exception.Message}");
        }
    }

    // A narrow or redirected terminal would fold the table's cells.
    var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Out) });
    console.Profile.Width = Math.Max(console.Profile.Width, 180);
    var table = new Table().AddColumns("figure", "target", "median", "min … max", "samples", "met", "how");
    foreach (var row in rows)
    {
        table.AddRow(
            Markup.Escape(row.Benchmark),
            row.Limit switch { null => "stated", 0 => "0", { } limit => $"≤ {Number(limit, row.Unit)}" },
            Number(row.Samples.Median, row.Unit),
            $"{Number(row.Samples.Min, "")} … {Number(row.Samples.Max, "")}",
            $"{row.Samples.Count}",
            row.Met switch { true => "yes", false => "[red]no[/]", null => "" },
            Markup.Escape(row.Note));
    }

    console.Write(table);
    json.Directory?.Create();
    await File.WriteAllTextAsync(json.FullName, JsonSerializer.Serialize(
        new
        {
            date = DateTimeOffset.UtcNow,
            machine = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, .NET {Environment.Version}",
            quick,
            rows,
        },
        new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }), CancellationToken.None);
    Console.WriteLine($"Written to {json}");
    return !complete ? 2 : rows.Any(row => row.Met == false) ? 1 : 0;
}

static string Number(double value, string unit) =>
    $"{Math.Round(value, Math.Abs(value) < 10 ? 3 : 0).ToString(CultureInfo.InvariantCulture)} {unit}".TrimEnd();
