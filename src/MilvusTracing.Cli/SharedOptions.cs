using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using MilvusTracing.Verification;

namespace MilvusTracing.Cli;

/// <summary>The argument and the options of all commands, and the environment variables that replace options.</summary>
internal sealed partial class SharedOptions
{
    public const string KeyOption = "--dashboard-key";
    public const string KeyVariable = "ASPIRE_DASHBOARD_KEY";

    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    private readonly Option<Uri?> _jaeger = Address(BackendOption.Jaeger, isRequired: true);

    private readonly Option<Uri?> _dashboard = Address(BackendOption.Dashboard, isRequired: false);

    private readonly Option<string?> _dashboardKey = new(KeyOption)
    {
        Description = $"The dashboard's API key (or {KeyVariable}, which other users of the machine cannot see).",
        HelpName = "KEY",
        Recursive = true,
    };

    private readonly Option<string[]> _files = new("--file")
    {
        Description = "A file to read instead of Jaeger and the dashboard: what Jaeger's UI downloads or OTLP JSON, also as "
            + "gzip, or the dashboard's export. Repeat it for several files.",
        HelpName = "PATH",
        Recursive = true,
    };

    private readonly Option<TimeSpan?> _wait = new("--wait")
    {
        Description = "The longest time to wait for a complete trace: 10s, 500ms, 1m or plain seconds. [default: 10s]",
        HelpName = "TIME",
        Recursive = true,
        CustomParser = result => TryParseWait(result.Tokens[0].Value, out var time)
            ? time
            : MilvusTraceCommand.Reject<TimeSpan?>(result, $"--wait is '{result.Tokens[0].Value}', which is not a time such as 10s, 500ms, 1m or "
                + $"10 (seconds), at most {MaxWait.TotalMinutes:0}m."),
    };

    public Argument<TraceReference?> Trace { get; } = new("TRACE_ID")
    {
        Description = "The trace, by its id or its traceparent; by default the latest trace of the service.",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens[0].Value switch
        {
            ['-', ..] option => MilvusTraceCommand.Reject<TraceReference>(result, $"{option} is not an option of this command; --help lists them."),
            var text when TraceReference.TryParse(text, out var trace) => trace,
            var text => MilvusTraceCommand.Reject<TraceReference>(result, $"TRACE_ID is '{text}', which is not {TraceReference.Expected}."),
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
            : MilvusTraceCommand.Reject<string>(result, $"--service is '{name}', which is not a service name."),
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Print one JSON object and nothing else." };

    /// <summary>Adds the options to the root, from which the commands inherit them.</summary>
    public void AddTo(RootCommand root, params Command[] commands)
    {
        foreach (var command in commands.Prepend(root))
        {
            command.Validators.Add(result =>
            {
                if (Key(result.GetValue(_dashboardKey))?.All(character => character is >= ' ' and <= '~') == false)
                {
                    result.AddError($"The dashboard's API key ({KeyOption} or {KeyVariable}, not shown) has characters that an HTTP header cannot "
                        + "have; it has to be printable ASCII on one line.");
                }

                if (result.GetValue(_files) is [var file, ..]
                    && new Option[] { _jaeger, _dashboard }.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } other)
                {
                    result.AddError($"--file {file} and {other.Name} exclude each other: traces are read from files, or from backends.");
                }
            });
        }

        foreach (var option in new Option[] { Service, _files, _jaeger, _dashboard, _dashboardKey, _wait })
        {
            root.Add(option);
        }
    }

    public TimeSpan GetWait(ParseResult parsed) => parsed.GetValue(_wait) ?? DefaultWait;

    /// <summary>Opens the backends that the options name. A dashboard alone is enough if no Jaeger is named and none listens at its usual address.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="error">Gets a note if no Jaeger is read.</param>
    /// <param name="files">Files to read instead of those of the option; null or empty for the option's.</param>
    public OpenBackends OpenBackends(ParseResult parsed, TextWriter error, string[]? files = null)
    {
        files = files is { Length: > 0 } ? files : parsed.GetValue(_files);
        if (files is { Length: > 0 })
        {
            return new OpenBackends([new TraceFileBackend(files)]);
        }

        var jaeger = parsed.GetValue(_jaeger)!;
        var dashboard = parsed.GetValue(_dashboard);
        var isJaegerNamed = parsed.GetResult(_jaeger) is { Implicit: false } || Variable(BackendOption.Jaeger.Variable) is not null;
        var backends = new List<ITraceBackend>();
        if (dashboard is null || isJaegerNamed || IsListening(jaeger))
        {
            backends.Add(new JaegerBackend(jaeger));
        }
        else
        {
            error.WriteLine($"Jaeger is not read: no server listens at {BackendOption.Jaeger.Usual}, and "
                + $"{BackendOption.Jaeger.Name} names no other address.");
        }

        if (dashboard is not null)
        {
            backends.Add(new DashboardBackend(dashboard, Key(parsed.GetValue(_dashboardKey))));
        }

        return new OpenBackends(backends);
    }

    /// <summary>
    /// The service: the given one, that of the option, or the one that calls Milvus in the files. Reads the files, without the limit of
    /// <c>--wait</c>.
    /// </summary>
    public async Task<string> GetServiceAsync(ParseResult parsed, OpenBackends backends, CancellationToken cancellationToken, string? given = null)
    {
        // Agents send an empty text for a service that they leave out.
        given = given is "" ? null : given;
        var service = given ?? parsed.GetValue(Service)!;
        try
        {
            var caller = backends.File is { } file ? await file.FindCallerAsync(cancellationToken) : null;
            return given is null && parsed.GetResult(Service) is not { Implicit: false } ? caller ?? service : service;
        }
        catch (BackendException)
        {
            return service; // The command itself reports this.
        }
    }

    /// <summary>Parses a number with the unit ms, s or m, or a number of seconds.</summary>
    internal static bool TryParseWait(string text, out TimeSpan time)
    {
        var digits = text.TrimEnd('m', 's');
        var unit = text[digits.Length..] switch { "ms" => 1, "s" or "" => 1_000, "m" => 60_000, _ => double.NaN };
        var isValid = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * unit >= 0 && number * unit <= MaxWait.TotalMilliseconds;
        time = isValid ? TimeSpan.FromMilliseconds(number * unit) : default;
        return isValid;
    }

    private static Option<Uri?> Address(BackendOption option, bool isRequired) => new(option.Name)
    {
        Description = $"The address of {option.Api} (or {option.Variable}).",
        HelpName = "URL",
        Recursive = true,
        DefaultValueFactory = result =>
            Variable(option.Variable) is { } value ? ParseAddress(value, option.Variable, result) : isRequired ? new Uri(option.Usual) : null,
        CustomParser = result => ParseAddress(result.Tokens[0].Value, option.Name, result),
    };

    private static Uri? ParseAddress(string text, string name, ArgumentResult result) =>
        Uri.TryCreate(text, UriKind.Absolute, out var value) && value.Scheme is "http" or "https" && value.Host.Length > 0
            ? value
            : MilvusTraceCommand.Reject<Uri>(
                result, $"{name} is '{Query().Replace(UserInfo().Replace(text, "${scheme}***@"), "?***")}', which is not an http or https "
                    + "address such as http://localhost:16686.");

    private static string? Key(string? option) => option is { Length: > 0 } ? option : Variable(KeyVariable);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static bool IsListening(Uri url)
    {
        using var client = new TcpClient();
        try
        {
            return client.ConnectAsync(url.Host, url.Port).Wait(ConnectTimeout);
        }
        catch (AggregateException)
        {
            return false;
        }
    }

    [GeneratedRegex("^(?<scheme>[a-z]+://)?.*@", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex UserInfo();

    [GeneratedRegex("[?#].+", RegexOptions.Singleline)]
    private static partial Regex Query();
}

/// <summary>Backends, disposed together.</summary>
internal sealed record OpenBackends(IReadOnlyList<ITraceBackend> All) : IDisposable
{
    /// <summary>The files that replace the other backends.</summary>
    public TraceFileBackend? File => All[0] as TraceFileBackend;

    /// <summary>A request to verify a trace. No more spans arrive in a file.</summary>
    public VerificationRequest ToRequest(TraceReference? trace, TimeSpan wait) => File is null
        ? new() { Backends = All, Trace = trace, Wait = wait }
        : new() { Backends = All, Trace = trace, Wait = TimeSpan.Zero, ExportDelay = TimeSpan.Zero };

    public void Dispose()
    {
        foreach (var backend in All.OfType<IDisposable>())
        {
            backend.Dispose();
        }
    }
}
