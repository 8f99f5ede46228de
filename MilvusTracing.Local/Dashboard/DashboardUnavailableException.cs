namespace MilvusTracing.Local.Dashboard;

/// <summary>There is no dashboard to be had; the message says why and what would mend it.</summary>
internal sealed class DashboardUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
