using System.ComponentModel;
using System.Diagnostics;

namespace MilvusTracing.Tests.AppHost;

/// <summary>A test that starts containers, skipped where no container runtime answers.</summary>
internal sealed class ContainerFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> RuntimeAnswers = new(() => Answers("docker") || Answers("podman"));

    public ContainerFactAttribute()
    {
        if (!RuntimeAnswers.Value)
        {
            Skip = "Needs a container runtime: neither 'docker info' nor 'podman info' answered.";
        }
    }

    private static bool Answers(string runtime)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(runtime, ["info"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(TimeSpan.FromSeconds(10)))
            {
                return process.ExitCode == 0;
            }

            process.Kill(entireProcessTree: true);
            return false;
        }
        catch (Win32Exception)
        {
            return false; // not installed
        }
    }
}
