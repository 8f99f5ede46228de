namespace Aspire.Hosting;

/// <summary>Which lines of Milvus's log go to the dashboard as structured logs.</summary>
public enum MilvusLogSelection
{
    /// <summary>None.</summary>
    None,

    /// <summary>Lines that carry a trace's id.</summary>
    Trace,

    /// <summary>Lines that carry a trace's id, and warnings and worse.</summary>
    Warning,

    /// <summary>All of them.</summary>
    All,
}
