using System.Text.Json.Serialization;

namespace MilvusTracing.Benchmarks.Client;

/// <summary>What the benchmark asks of a client process: one line of JSON on its standard input.</summary>
/// <param name="Operations">How many searches to run.</param>
/// <param name="Concurrency">How many of them at a time.</param>
/// <param name="Strong">Whether they wait for the latest time tick, as the worker's do, or answer at once.</param>
/// <param name="PerTrace">How many searches share a trace.</param>
internal sealed record Request(int Operations, int Concurrency = 1, bool Strong = false, int PerTrace = 100);

/// <summary>What it answers: one line of JSON on its standard output.</summary>
/// <param name="Milliseconds">The duration of each search.</param>
/// <param name="AllocatedBytes">What the process allocated meanwhile.</param>
/// <param name="Failed">How many searches failed.</param>
/// <param name="TraceIds">The traces that the searches belong to; empty when untraced.</param>
/// <param name="Spans">How many spans the process finished for them.</param>
internal sealed record Answer(double[] Milliseconds, long AllocatedBytes, int Failed, string[] TraceIds, int Spans);

[JsonSerializable(typeof(Request))]
[JsonSerializable(typeof(Answer))]
internal sealed partial class ProtocolContext : JsonSerializerContext;
