namespace MilvusTracing.Local;

/// <summary>The run cannot go on; the message tells the user why.</summary>
internal sealed class LocalFailedException(string message) : Exception(message);
