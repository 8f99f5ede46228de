namespace MilvusTracing.Tests.Support;

/// <summary>A test that needs the real Aspire dashboard, which comes from npm.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal class DashboardFactAttribute : FactAttribute
{
    public DashboardFactAttribute() =>
        Skip = Programs.Find("aspire", "npm") is null ? "Needs the Aspire dashboard: neither aspire nor npm is on the PATH." : null;
}

/// <summary>A test that also looks at the dashboard with a browser.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : DashboardFactAttribute
{
    public BrowserFactAttribute() => Skip ??= Browser.Program is null ? "Needs Chromium or Chrome, which is not on the PATH." : null;
}
