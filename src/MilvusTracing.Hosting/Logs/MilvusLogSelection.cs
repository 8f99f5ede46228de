namespace Aspire.Hosting;

/// <summary>Which lines of Milvus's log are sent to the dashboard as structured logs.</summary>
public enum MilvusLogSelection
{
    /// <summary>No lines.</summary>
    None,

    /// <summary>Lines with a trace id.</summary>
    Trace,

    /// <summary>Lines with a trace id, and lines of severity WARN and above.</summary>
    Warning,

    /// <summary>All lines.</summary>
    All,
}
