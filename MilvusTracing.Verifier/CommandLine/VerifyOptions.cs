using System.CommandLine;
using System.CommandLine.Parsing;
using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Model;
using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.CommandLine;

/// <summary>The command's argument and options, with the environment variables that stand in for them.</summary>
internal sealed class VerifyOptions
{
    private readonly Argument<TraceReference?> _trace = new("TRACE_ID")
    {
        Description = "The trace, by its id or its traceparent; the latest one of the service if left out.",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens[0].Value is ['-', ..] option
            ? Unknown(option, result)
            : Parse<TraceReference?>(result.Tokens[0].Value, "TRACE_ID", TraceReference.Expected, result.AddError, ParseTrace),
    };

    private readonly Option<string> _service = new("--service")
    {
        Description = "The service that calls Milvus.",
        HelpName = "NAME",
        DefaultValueFactory = _ => VerificationRequest.DefaultService,
        CustomParser = result => Parse<string>(result.Tokens[0].Value, "--service", "a service name", result.AddError, ParseName),
    };

    private readonly Option<Uri?> _jaeger = Address(BackendKind.Jaeger, _ => new Uri(BackendKind.Jaeger.Usual));

    private readonly Option<Uri?> _dashboard = Address(BackendKind.Dashboard, _ => null);

    private readonly Option<string?> _dashboardKey = new("--dashboard-key")
    {
        Description = "The dashboard's API key (or ASPIRE_DASHBOARD_KEY, which other users of the machine cannot see).",
        HelpName = "KEY",
    };

    private readonly Option<WaitTime> _wait = new("--wait")
    {
        Description = "How long to wait at most until no more spans come: 10s, 500ms, 1m or plain seconds.",
        HelpName = "TIME",
        DefaultValueFactory = _ => new WaitTime(VerificationRequest.DefaultWait),
        CustomParser = result => Parse<WaitTime>(
            result.Tokens[0].Value, "--wait", $"a time such as 10s, 500ms, 1m or 10 (seconds), at most {WaitTime.Longest.TotalMinutes:0}m", result.AddError, WaitTime.TryParse),
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object and nothing else." };

    private delegate bool TryParse<T>(string text, out T value);

    public void AddTo(RootCommand command)
    {
        command.Add(_trace);
        command.Add(_service);
        command.Add(_jaeger);
        command.Add(_dashboard);
        command.Add(_dashboardKey);
        command.Add(_wait);
        command.Add(_json);
        command.Validators.Add(result =>
        {
            if (Key(result.GetValue(_dashboardKey))?.All(character => character is >= ' ' and <= '~') == false)
            {
                result.AddError("The dashboard's API key (--dashboard-key or ASPIRE_DASHBOARD_KEY, not shown) is not printable ASCII on one line, as an HTTP header has to be.");
            }
        });
    }

    public VerifyRun ToRun(ParseResult parsed)
    {
        var backends = new List<ITraceBackend>();
        var jaegerUrl = parsed.GetValue(_jaeger)!;
        var dashboardUrl = parsed.GetValue(_dashboard);
        string? note = null;
        if (dashboardUrl is null || !IsUnnamed(parsed) || Port.IsOpen(jaegerUrl))
        {
            backends.Add(new JaegerBackend(jaegerUrl));
        }
        else
        {
            note = $"Jaeger is left out: nothing listens at {BackendKind.Jaeger.Usual}, and {BackendKind.Jaeger.Option} names no other address.";
        }

        if (dashboardUrl is not null)
        {
            backends.Add(new DashboardBackend(dashboardUrl, Key(parsed.GetValue(_dashboardKey))));
        }

        return new VerifyRun(
            new VerificationRequest
            {
                Backends = backends,
                Trace = parsed.GetValue(_trace),
                Service = parsed.GetValue(_service)!,
                Wait = parsed.GetValue(_wait).Value,
            },
            parsed.GetValue(_json),
            note);
    }

    /// <summary>Whether Jaeger's address is only the usual one: then a dashboard alone will do.</summary>
    private bool IsUnnamed(ParseResult parsed) =>
        parsed.GetResult(_jaeger) is null or { Implicit: true } && Variable(BackendKind.Jaeger.Variable) is null;

    private static Option<Uri?> Address(BackendKind kind, Func<ArgumentResult, Uri?> otherwise) => new(kind.Option)
    {
        Description = $"The address of {kind.Api} (or {kind.Variable}).",
        HelpName = "URL",
        DefaultValueFactory = result => Variable(kind.Variable) is { } value
            ? ParseAddress(value, kind.Variable, result)
            : otherwise(result),
        CustomParser = result => ParseAddress(result.Tokens[0].Value, kind.Option, result),
    };

    /// <summary>Not the option's default value, which help would show.</summary>
    private static string? Key(string? option) => option is { Length: > 0 } ? option : Variable("ASPIRE_DASHBOARD_KEY");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static bool ParseTrace(string text, out TraceReference? value) => TraceReference.TryParse(text, out value);

    private static bool ParseName(string text, out string value)
    {
        value = text;
        return !string.IsNullOrWhiteSpace(text);
    }

    private static Uri? ParseAddress(string text, string name, ArgumentResult result)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var value) && value.Scheme is "http" or "https" && value.Host.Length > 0)
        {
            return value;
        }

        result.AddError($"{name} is '{ShownAddress.Of(text)}', which is not an absolute address such as http://localhost:16686.");
        return null;
    }

    private static TraceReference? Unknown(string option, ArgumentResult result)
    {
        result.AddError($"{option} is no option of this command; --help lists them.");
        return null;
    }

    private static T? Parse<T>(string text, string name, string expected, Action<string> addError, TryParse<T> tryParse)
    {
        if (tryParse(text, out var value))
        {
            return value;
        }

        addError($"{name} is '{text}', which is not {expected}.");
        return default;
    }
}
