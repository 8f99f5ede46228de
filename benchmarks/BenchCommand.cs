using System.CommandLine;
using System.Text.Json;
using MilvusTracing.Benchmarks.Figures;
using MilvusTracing.Verification;
using Spectre.Console;

namespace MilvusTracing.Benchmarks;

/// <summary>The command line: which figures, and where the JSON goes.</summary>
internal static class BenchCommand
{
    private static readonly Figure[] AllFigures =
        [new SearchLatency(), new BurstLoss(), new ServerSpanDelay(), new IdleTraces(), new FirstVerdict(), new WorkerMemory(), new InstrumentationCost()];

    public static async Task<int> RunAsync(string[] args)
    {
        var ids = string.Join(", ", AllFigures.Select(figure => figure.Id));
        var json = new Option<FileInfo>("--json")
        {
            Description = "The file that takes the table as JSON.",
            DefaultValueFactory = _ => new FileInfo(Path.Combine("artifacts", "bench.json")),
        };
        var only = new Option<string[]>("--only")
        {
            Description = $"The figures to measure, all by default: {ids}.",
            AllowMultipleArgumentsPerToken = true,
        };
        only.AcceptOnlyFromAmong([.. AllFigures.Select(figure => figure.Id)]);

        var command = new RootCommand("Measures what tracing costs and what it loses. Exit codes: 0 every target met, 1 one missed, 2 could not measure.") { json, only };
        command.SetAction((parsed, cancellationToken) =>
            MeasureAsync(parsed.GetValue(json)!, parsed.GetValue(only)!, cancellationToken));
        return await command.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
    }

    private static async Task<int> MeasureAsync(FileInfo json, string[] only, CancellationToken cancellationToken)
    {
        // A narrow or redirected terminal would fold the table's cells.
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = Math.Max(console.Profile.Width, 160);
        try
        {
            await using var bench = await Bench.StartAsync(cancellationToken);
            Console.WriteLine(bench.Description);
            List<Row> rows = [];
            var complete = true;
            foreach (var figure in AllFigures.Where(figure => only.Length == 0 || only.Contains(figure.Id)))
            {
                try
                {
                    rows.AddRange(await MeasureAsync(figure, bench, cancellationToken));
                }
                catch (Exception exception) when (IsExpected(exception))
                {
                    // What was measured before, and what comes after, is worth having all the same.
                    complete = false;
                    Console.Error.WriteLine($"{figure.Id} could not be measured: {exception.Message}");
                }
            }

            console.Write(Table(rows));
            json.Directory?.Create();
            await File.WriteAllTextAsync(json.FullName, Json(bench, rows), cancellationToken);
            Console.WriteLine($"Written to {json}");
            return !complete ? 2 : rows.Any(row => row.Met == false) ? 1 : 0;
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            Console.Error.WriteLine(exception.Message);
            return 2;
        }
    }

    private static bool IsExpected(Exception exception) =>
        exception is InvalidOperationException or TimeoutException or IOException or Grpc.Core.RpcException or Milvus.Client.MilvusException or BackendException;

    private static async Task<IReadOnlyList<Row>> MeasureAsync(Figure figure, Bench bench, CancellationToken cancellationToken)
    {
        var errors = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        if (!errors.Profile.Capabilities.Interactive)
        {
            Console.Error.WriteLine($"Measuring {figure.Id} …");
            return await figure.MeasureAsync(bench, new Progress<string>(), cancellationToken);
        }

        return await errors.Status().StartAsync(figure.Id, status => figure.MeasureAsync(
            bench, new Progress<string>(text => status.Status($"{figure.Id}: {text}")), cancellationToken));
    }

    private static Table Table(List<Row> rows)
    {
        var table = new Table().AddColumns("figure", "target", "median", "min … max", "samples", "met", "how");
        foreach (var (figure, target, samples, unit, met, note) in rows)
        {
            table.AddRow(
                figure,
                target,
                Number(samples.Median, unit),
                $"{Number(samples.Min, "")} … {Number(samples.Max, unit)}",
                $"{samples.Count}",
                met switch { true => "yes", false => "[red]no[/]", null => "" },
                note);
        }

        return table;
    }

    private static string Number(double value, string unit) =>
        FormattableString.Invariant($"{Math.Round(value, Math.Abs(value) < 10 ? 3 : 0)} {unit}").TrimEnd();

    private static string Json(Bench bench, List<Row> rows) => JsonSerializer.Serialize(
        new
        {
            system = bench.Description,
            machine = $"{Environment.ProcessorCount} processors, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}",
            rows,
        },
        new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });
}
