using System.Diagnostics;
using System.Diagnostics.Metrics;
using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Worker.Telemetry;

/// <summary>
/// A client span and the metric <c>db.client.operation.duration</c> around each call, by OpenTelemetry's stable database
/// conventions. Nobody listening, a call costs two checks and a timestamp.
/// </summary>
/// <seealso href="https://opentelemetry.io/docs/specs/semconv/database/"/>
internal sealed class DatabaseTelemetry(IMeterFactory meters, MilvusServer server)
{
    private readonly Histogram<double> _duration = meters.Create(Instrumentation.Name).CreateHistogram(
        "db.client.operation.duration",
        unit: "s",
        description: "Duration of database client operations.",
        tags: null,
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
        });

    /// <param name="name">As Milvus calls it, for example <c>search</c>.</param>
    /// <param name="collection">The collection's name.</param>
    /// <param name="batchSize">The rows that one call writes.</param>
    public DatabaseOperation Operation(string name, string collection, int? batchSize = null)
        => new(name, collection, server, batchSize);

    /// <param name="operation">What is called.</param>
    /// <param name="call">The call; its gRPC spans become children of the operation's.</param>
    /// <param name="returnedRows">Counts the rows in the result, where the operation reads rows.</param>
    /// <returns>What <paramref name="call"/> returns; what it throws passes through.</returns>
    public async Task<TResult> TraceAsync<TResult>(
        DatabaseOperation operation,
        Func<Task<TResult>> call,
        Func<TResult, long>? returnedRows = null)
    {
        using var span = Instrumentation.Source.StartActivity(
            operation.SpanName, ActivityKind.Client, parentContext: default, operation.SpanTags);
        var started = Stopwatch.GetTimestamp();

        try
        {
            var result = await call().ConfigureAwait(false);

            if (_duration.Enabled)
            {
                _duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, operation.MetricTags);
            }

            if (span is { IsAllDataRequested: true } && returnedRows is not null)
            {
                span.SetTag("db.response.returned_rows", returnedRows(result));
            }

            return result;
        }
        catch (Exception failure)
        {
            var error = FailureTags.Of(failure);

            _duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, [.. operation.MetricTags, .. error]);

            if (span is { IsAllDataRequested: true })
            {
                foreach (var (name, value) in error)
                {
                    span.SetTag(name, value);
                }

                span.SetStatus(ActivityStatusCode.Error, FailureReason.Of(failure, server));
            }

            throw;
        }
    }
}
