namespace MilvusTracing.Local;

/// <summary>The command line.</summary>
/// <param name="Once">End after the first verified pass, with the verifier's exit code.</param>
/// <param name="Worker">Whether to start the worker.</param>
/// <param name="Dashboard">Whether to start the dashboard.</param>
/// <param name="MilvusPort">The emulator's port; null for Milvus's usual one, or a free one where that is taken.</param>
internal sealed record LocalOptions(bool Once, bool Worker, bool Dashboard, int? MilvusPort);
