using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net.Sockets;
using MilvusTracing.Verification;

namespace MilvusTracing.Cli;

/// <summary>The argument and options that all commands have, with the environment variables that stand in for them.</summary>
internal sealed class SharedOptions
{
    private const string JaegerVariable = "JAEGER_URL";
    private const string DashboardVariable = "ASPIRE_DASHBOARD_URL";
    private const string KeyVariable = "ASPIRE_DASHBOARD_KEY";

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan PortLimit = TimeSpan.FromSeconds(1);

    private readonly Option<Uri?> _jaeger = Address("--jaeger", JaegerVariable, BackendKind.Jaeger, _ => new Uri(BackendKind.Jaeger.UsualUrl));

    private readonly Option<Uri?> _dashboard = Address("--dashboard", DashboardVariable, BackendKind.Dashboard, _ => null);

    private readonly Option<string?> _dashboardKey = new("--dashboard-key")
    {
        Description = $"The dashboard's API key (or {KeyVariable}, which other users of the machine cannot see).",
        HelpName = "KEY",
        Recursive = true,
    };

    public Argument<TraceReference?> Trace { get; } = new("TRACE_ID")
    {
        Description = "The trace, by its id or its traceparent; the latest of the service if left out.",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens[0].Value switch
        {
            ['-', ..] option => MilvusTraceCommand.Refuse<TraceReference>(result, $"{option} is no option of this command; --help lists them."),
            var text when TraceReference.TryParse(text, out var trace) => trace,
            var text => MilvusTraceCommand.Refuse<TraceReference>(result, $"TRACE_ID is '{text}', which is not {TraceReference.Expected}."),
        },
    };

    public Option<string> Service { get; } = new("--service")
    {
        Description = "The service that calls Milvus.",
        HelpName = "NAME",
        Recursive = true,
        DefaultValueFactory = _ => VerificationRequest.DefaultService,
        CustomParser = result => result.Tokens[0].Value is var name && !string.IsNullOrWhiteSpace(name)
            ? name
            : MilvusTraceCommand.Refuse<string>(result, $"--service is '{name}', which is not a service name."),
    };

    public Option<TimeSpan?> Wait { get; } = new("--wait")
    {
        Description = "How long to wait at most until no more spans come: 10s, 500ms, 1m or plain seconds. [default: 10s]",
        HelpName = "TIME",
        Recursive = true,
        CustomParser = result => TryParseWait(result.Tokens[0].Value, out var time)
            ? time
            : MilvusTraceCommand.Refuse<TimeSpan?>(result, $"--wait is '{result.Tokens[0].Value}', which is not a time such as 10s, 500ms, 1m or 10 (seconds), at most {LongestWait.TotalMinutes:0}m."),
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Print one JSON object and nothing else.", Recursive = true };

    /// <summary>Adds the argument to each command, and the options to the first, whose subcommands inherit them.</summary>
    public void AddTo(params Command[] commands)
    {
        foreach (var command in commands)
        {
            command.Add(Trace);
        }

        if (commands[0] is not RootCommand root)
        {
            return;
        }

        foreach (var option in new Option[] { Service, _jaeger, _dashboard, _dashboardKey, Wait, Json })
        {
            root.Add(option);
        }

        _dashboardKey.Validators.Add(result => Check(result.GetValueOrDefault<string?>(), result));
        root.Validators.Add(result => Check(Variable(KeyVariable), result));

        static void Check(string? key, SymbolResult result)
        {
            if (key?.All(character => character is >= ' ' and <= '~') == false)
            {
                result.AddError($"The dashboard's API key (--dashboard-key or {KeyVariable}, not shown) is not printable ASCII on one line, as an HTTP header has to be.");
            }
        }
    }

    /// <summary>The backends that the options name. A dashboard alone will do where nobody names a Jaeger and none listens at its usual address.</summary>
    public OpenBackends Backends(ParseResult parsed, TextWriter error)
    {
        var jaeger = parsed.GetValue(_jaeger)!;
        var dashboard = parsed.GetValue(_dashboard);
        var isJaegerNamed = parsed.GetResult(_jaeger) is { Implicit: false } || Variable(JaegerVariable) is not null;
        var backends = new List<ITraceBackend>();
        if (dashboard is null || isJaegerNamed || IsOpen(jaeger))
        {
            backends.Add(new JaegerBackend(jaeger));
        }
        else
        {
            error.WriteLine($"Jaeger is left out: nothing listens at {BackendKind.Jaeger.UsualUrl}, and --jaeger names no other address.");
        }

        if (dashboard is not null)
        {
            backends.Add(new DashboardBackend(dashboard, parsed.GetValue(_dashboardKey) is { Length: > 0 } key ? key : Variable(KeyVariable)));
        }

        return new OpenBackends(backends);
    }

    /// <summary>A number with ms, s or m, or of seconds.</summary>
    internal static bool TryParseWait(string text, out TimeSpan time)
    {
        time = default;
        var digits = text.TrimEnd('m', 's');
        double? milliseconds = text[digits.Length..] switch
        {
            "ms" => 1,
            "s" or "" => 1_000,
            "m" => 60_000,
            _ => null,
        };
        if (milliseconds is null
            || !double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number * milliseconds > LongestWait.TotalMilliseconds)
        {
            return false;
        }

        time = TimeSpan.FromMilliseconds(number * milliseconds.Value);
        return true;
    }

    private static Option<Uri?> Address(string name, string variable, BackendKind kind, Func<ArgumentResult, Uri?> otherwise) => new(name)
    {
        Description = $"The address of {kind.Api} (or {variable}).",
        HelpName = "URL",
        Recursive = true,
        DefaultValueFactory = result => Variable(variable) is { } value ? ParseAddress(value, variable, result) : otherwise(result),
        CustomParser = result => ParseAddress(result.Tokens[0].Value, name, result),
    };

    private static Uri? ParseAddress(string text, string name, ArgumentResult result) =>
        Uri.TryCreate(text, UriKind.Absolute, out var value) && value.Scheme is "http" or "https" && value.Host.Length > 0
            ? value
            : MilvusTraceCommand.Refuse<Uri>(result, $"{name} is '{Format.Address(text)}', which is not an absolute address such as http://localhost:16686.");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static bool IsOpen(Uri url)
    {
        using var client = new TcpClient();
        try
        {
            return client.ConnectAsync(url.Host, url.Port).Wait(PortLimit);
        }
        catch (AggregateException)
        {
            return false;
        }
    }
}

/// <summary>Backends, and their connections until they are disposed of.</summary>
internal sealed record OpenBackends(IReadOnlyList<ITraceBackend> All) : IDisposable
{
    public void Dispose()
    {
        foreach (var backend in All.OfType<IDisposable>())
        {
            backend.Dispose();
        }
    }
}
