using System.Net.Sockets;
using MilvusTracing.Emulator;

const int invalidSetting = 2;
try
{
    if (args is [var argument, ..])
    {
        throw new SettingException("The first argument", argument, "no arguments: set Milvus's environment variables instead, such as PROXY_PORT");
    }

    await using var emulator = await MilvusEmulator.StartAsync(EmulatorSettings.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build()));
    await emulator.WaitForShutdownAsync();
    return 0;
}
catch (SettingException setting)
{
    await Console.Error.WriteLineAsync(setting.Message);
    return invalidSetting;
}
catch (Exception failure) when (failure is IOException or SocketException)
{
    await Console.Error.WriteLineAsync($"The emulator cannot listen: {failure.Message.TrimEnd('.')}. Set PROXY_PORT to another port.");
    return invalidSetting;
}
