using System.CommandLine;
using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using MilvusTracing.Verification;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace MilvusTracing.Cli;

/// <summary>The tools of <c>milvus-trace mcp</c>. A result is a report as text, and as JSON in the structured content.</summary>
internal sealed class McpTools(SharedOptions options, ParseResult parsed, TextWriter output, TextWriter error)
{
    private const string TraceHelp = "A trace id (32 hexadecimal digits) or a W3C traceparent. Leave it out for the service's latest traces.";

    private const string ServiceHelp = "The service.name of the application that calls Milvus. Leave it out for the service that the server was started "
        + "with, or with files for the service that calls Milvus in them.";

    private const string FilesHelp = "Paths of files to read instead of Jaeger and the dashboard: what Jaeger's UI downloads or OTLP JSON, "
        + "also as gzip, or the Aspire dashboard's export (a zip).";

    private const string OperationHelp = "An operation in snake case, such as search, query, insert or load_collection. Leave it out for all.";

    private const string LastHelp = "How many of the service's latest traces to read, 1 to 1000.";

    /// <summary>Serves the tools on standard input and output until the input ends.</summary>
    public async Task<int> ServeAsync(CancellationToken cancellationToken)
    {
        var version = typeof(McpTools).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var strict = new McpServerToolCreateOptions { SchemaCreateOptions = new() { TransformOptions = new() { DisallowAdditionalProperties = true } } };
        var server = new McpServerOptions
        {
            ServerInfo = new() { Name = "milvus-trace", Version = version.Split('+')[0] },
            ServerInstructions = "Reads traces of applications that call the vector database Milvus. Start with verify_trace if spans are missing, "
                + "with explain if calls are slow, with find_slow if some calls are, and with compare if they have become slower.",
            ToolCollection =
            [
                McpServerTool.Create(VerifyTraceAsync, strict),
                McpServerTool.Create(ExplainAsync, strict),
                McpServerTool.Create(FindSlowAsync, strict),
                McpServerTool.Create(CompareAsync, strict),
            ],
        };
        server.Filters.Request.CallToolFilters.Add(RefuseWrongArguments);

        // Not disposed: that would wait for the rest of the input after Ctrl+C.
        await using var running = McpServer.Create(new Transport(output), server);
        await running.RunAsync(cancellationToken);
        return 0;
    }

    [McpServerTool(Name = "verify_trace", Title = "Verify a trace", ReadOnly = true, OpenWorld = false)]
    [Description("Checks that a trace runs without a gap from an application's calls into Milvus's own spans. If not, names the most likely causes "
        + "and their fixes. Use it when spans of Milvus are missing or in traces of their own. Returns the verdict, the causes and the spans.")]
    public async Task<CallToolResult> VerifyTraceAsync(
        [Description(TraceHelp)] string? trace = null,
        [Description(ServiceHelp)] string? service = null,
        [Description(FilesHelp)] string[]? files = null,
        CancellationToken cancellationToken = default)
    {
        using var backends = options.OpenBackends(parsed, error, files);
        var request = backends.ToRequest(Parse(trace), options.GetWait(parsed)) with
        {
            Service = await options.GetServiceAsync(parsed, backends, cancellationToken, service),
        };
        var report = await TraceVerifier.VerifyAsync(request, cancellationToken: cancellationToken);
        IEnumerable<string> lines =
        [
            report.ToVerdictLine(),
            .. report.Causes.Select((cause, i) => $"{i + 1}. {cause.Message} {cause.Fix}"),
            .. report.Waterfall is { } waterfall ? ["", waterfall.ToPlainText()] : Array.Empty<string>(),
        ];
        return Result(string.Join('\n', lines), report.ToJson(), report.Outcome == Outcome.CouldNotCheck);
    }

    [McpServerTool(Name = "explain", Title = "Explain where the time goes", ReadOnly = true, OpenWorld = false)]
    [Description("Explains where the time of Milvus's operations goes: client and network, proxy, waiting, filter, vector search, output fields and more, "
        + "with each part's share, and advice where the trace has evidence for it. Use it when calls of Milvus are slow.")]
    public async Task<CallToolResult> ExplainAsync(
        [Description(TraceHelp)] string? trace = null,
        [Description(ServiceHelp)] string? service = null,
        [Description(OperationHelp)] string? operation = null,
        [Description(LastHelp)] int last = 50,
        [Description(FilesHelp)] string[]? files = null,
        CancellationToken cancellationToken = default)
    {
        var explanation = await ReadAsync(trace, service, operation, slowest: false, last, files, cancellationToken);
        return Result(explanation);
    }

    [McpServerTool(Name = "find_slow", Title = "Find the slowest call", ReadOnly = true, OpenWorld = false)]
    [Description("Finds the slowest call of Milvus in the latest traces and compares it, part by part, with the median call of the same operation. Names "
        + "its trace, and the part and the node of Milvus that took longer. Use it when most calls are fast and some are slow.")]
    public async Task<CallToolResult> FindSlowAsync(
        [Description(ServiceHelp)] string? service = null,
        [Description(OperationHelp)] string? operation = null,
        [Description(LastHelp)] int last = 200,
        [Description(FilesHelp)] string[]? files = null,
        CancellationToken cancellationToken = default)
    {
        var explanation = await ReadAsync(trace: null, service, operation, slowest: true, last, files, cancellationToken);
        return Result(explanation);
    }

    [McpServerTool(Name = "compare", Title = "Compare with earlier calls", ReadOnly = true, OpenWorld = false)]
    [Description("Compares the calls of Milvus in the latest traces with earlier ones: each operation's p50 and p95, by part, before and after, and whether "
        + "the difference is more than chance. Use it after a change, or when everything has become slower.")]
    public async Task<CallToolResult> CompareAsync(
        [Description("The earlier calls: the path of a file that 'milvus-trace explain --save FILE' wrote.")] string baseline,
        [Description(ServiceHelp)] string? service = null,
        [Description(OperationHelp)] string? operation = null,
        [Description(LastHelp)] int last = 200,
        [Description(FilesHelp)] string[]? files = null,
        CancellationToken cancellationToken = default)
    {
        Baseline before;
        try
        {
            before = Baseline.Load(baseline);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            throw new McpException(exception.Message);
        }

        var explanation = await ReadAsync(trace: null, service, operation, slowest: false, last, files, cancellationToken);
        if (explanation.Operations.Count == 0)
        {
            return Result(explanation);
        }

        var comparison = Comparison.Of(before, explanation);
        return Result(comparison.ToPlainText(), comparison.ToJson(), isError: false);
    }

    /// <summary>Answers an unknown, missing or mistyped argument with a sentence that an agent can act on.</summary>
    private static McpRequestHandler<CallToolRequestParams, CallToolResult> RefuseWrongArguments(
        McpRequestHandler<CallToolRequestParams, CallToolResult> next) => async (request, cancellationToken) =>
    {
        try
        {
            if (request.MatchedPrimitive is McpServerTool tool)
            {
                Check(tool, request.Params?.Arguments ?? new Dictionary<string, JsonElement>());
            }

            return await next(request, cancellationToken);
        }
        catch (McpException exception) when (exception is not McpProtocolException)
        {
            return new() { Content = [new TextContentBlock { Text = exception.Message }], IsError = true };
        }
    };

    private static void Check(McpServerTool tool, IDictionary<string, JsonElement> arguments)
    {
        var parameters = tool.Metadata.OfType<MethodInfo>().Single().GetParameters()
            .Where(parameter => parameter.ParameterType != typeof(CancellationToken)).ToDictionary(parameter => parameter.Name!);
        foreach (var (name, value) in arguments)
        {
            if (!parameters.TryGetValue(name, out var parameter))
            {
                throw new McpException($"{tool.ProtocolTool.Name} has no argument {name}; it has {string.Join(", ", parameters.Keys)}.");
            }

            try
            {
                value.Deserialize(parameter.ParameterType, McpJsonUtilities.DefaultOptions);
            }
            catch (JsonException)
            {
                var type = parameter.ParameterType == typeof(int) ? "an integer" : parameter.ParameterType == typeof(string) ? "a string" : "an array of strings";
                throw new McpException($"{name} is {value.GetRawText()}, which is not {type}. {DescriptionOf(parameter)}");
            }
        }

        if (parameters.Values.FirstOrDefault(parameter => !parameter.HasDefaultValue
            && !(arguments.TryGetValue(parameter.Name!, out var value) && value.ValueKind != JsonValueKind.Null)) is { } missing)
        {
            throw new McpException($"{tool.ProtocolTool.Name} needs the argument {missing.Name}. {DescriptionOf(missing)}");
        }

        static string DescriptionOf(ParameterInfo parameter) => parameter.GetCustomAttribute<DescriptionAttribute>()!.Description;
    }

    private async Task<Explanation> ReadAsync(
        string? trace, string? service, string? operation, bool slowest, int last, string[]? files, CancellationToken cancellationToken)
    {
        using var backends = options.OpenBackends(parsed, error, files);
        var request = new ExplanationRequest
        {
            Backends = backends.All,
            Trace = Parse(trace),
            Service = await options.GetServiceAsync(parsed, backends, cancellationToken, service),
            Wait = options.GetWait(parsed),
            Last = last is >= 1 and <= MilvusTraceCommand.MaxTraces
                ? last
                : throw new McpException($"last is {last}, which is not a number of traces from 1 to {MilvusTraceCommand.MaxTraces}."),
            Operation = string.IsNullOrEmpty(operation) ? null : operation,
            Slowest = slowest,
        };
        return await TraceExplainer.ExplainAsync(request, cancellationToken);
    }

    private static TraceReference? Parse(string? trace) => string.IsNullOrEmpty(trace) ? null
        : TraceReference.TryParse(trace, out var reference) ? reference
        : throw new McpException($"trace is '{trace}', which is not {TraceReference.Expected}.");

    private static CallToolResult Result(Explanation explanation) =>
        Result(explanation.ToPlainText(), explanation.ToJson(), isError: explanation.Operations.Count == 0);

    private static CallToolResult Result(string text, string json, bool isError) => new()
    {
        Content = [new TextContentBlock { Text = text }],
        StructuredContent = JsonElement.Parse(json),
        IsError = isError,
    };

    /// <summary>Standard input and output. Unlike <see cref="StdioServerTransport"/>, it sends answers also after the input has ended.</summary>
    private sealed class Transport(TextWriter output) : StreamServerTransport(Console.OpenStandardInput(), Stream.Null)
    {
        public override Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default) =>
            output.WriteLineAsync(JsonSerializer.Serialize(message, McpJsonUtilities.DefaultOptions));
    }
}
