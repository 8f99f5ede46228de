namespace MilvusTracing.Worker.Settings;

/// <summary>
/// A setting that the worker cannot start with. The message is one sentence for the user, without credentials.
/// </summary>
internal sealed class SettingException(string message) : Exception(message)
{
    public SettingException(string setting, string value, string expected)
        : this($"{setting} is '{value}'; expected {expected}.")
    {
    }
}
