namespace MilvusTracing.Local.Settings;

/// <summary>A setting that Local cannot start with; the message is one sentence for the user.</summary>
internal sealed class SettingException(string message) : Exception(message);
