using System.Net.Sockets;
using MilvusTracing.Emulator;

const int refused = 2;
try
{
    if (args is [var argument, ..])
    {
        throw new SettingException("the first argument", argument, "none: the emulator is set by Milvus's environment variables, its port by PROXY_PORT");
    }

    await using var emulator = await MilvusEmulator.StartAsync(EmulatorSettings.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build()));
    await emulator.WaitForShutdownAsync();
    return 0;
}
catch (SettingException setting)
{
    await Console.Error.WriteLineAsync(setting.Message);
    return refused;
}
catch (Exception closed) when (closed is IOException or SocketException)
{
    await Console.Error.WriteLineAsync($"The emulator cannot listen: {closed.Message.TrimEnd('.')}. PROXY_PORT chooses another port.");
    return refused;
}
