namespace MilvusTracing.Worker;

/// <summary>The configuration section <c>Worker</c>.</summary>
internal sealed class WorkerSettings
{
    /// <summary>The number of passes to run, including failed ones; 0 runs until stopped.</summary>
    public int Passes { get; set; }

    /// <summary>Seconds from the end of a successful pass to the start of the next one.</summary>
    public double Interval { get; set; } = 10;

    /// <summary>Seconds after which an operation is canceled; the Milvus client has no timeout of its own.</summary>
    public double OperationTimeout { get; set; } = 30;
}

internal static class WorkerSettingsExtensions
{
    private const string Duration = "is out of range; expected seconds, more than 0 and at most 86400.";

    /// <summary>Registers <see cref="WorkerSettings"/>, which are validated on start.</summary>
    public static void AddWorkerSettings(this IHostApplicationBuilder builder) =>
        builder.Services.AddOptions<WorkerSettings>()
            .BindConfiguration("Worker")
            .Validate(settings => settings.Passes >= 0, "Worker:Passes is negative; expected 0 or more, where 0 runs until stopped.")
            .Validate(settings => IsDuration(settings.Interval), $"Worker:Interval {Duration}")
            .Validate(settings => IsDuration(settings.OperationTimeout), $"Worker:OperationTimeout {Duration}")
            .ValidateOnStart();

    /// <summary>Registers the Milvus client of <c>ConnectionStrings:milvus</c>.</summary>
    /// <exception cref="InvalidOperationException">The connection string is missing or invalid; the message does not contain it.</exception>
    public static void AddMilvusClient(this IHostApplicationBuilder builder)
    {
        var isValid = false;
        try
        {
            builder.AddMilvusClient("milvus", settings => isValid = settings is { Endpoint.Scheme: "http" or "https", Key: not null });
        }
        catch (ArgumentException)
        {
            // The syntax of the connection string is invalid.
        }

        if (!isValid)
        {
            throw new InvalidOperationException(
                "ConnectionStrings:milvus is missing or invalid; expected Endpoint=http://localhost:19530;Key=root:Milvus, "
                + "with any Key if Milvus has no authentication.");
        }
    }

    private static bool IsDuration(double seconds) => seconds is > 0 and <= 86_400;
}
