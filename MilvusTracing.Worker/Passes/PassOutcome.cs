using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Worker.Passes;

/// <summary>How the passes of one run went.</summary>
internal sealed class PassOutcome(WorkerSettings settings)
{
    private int _done;
    private int _passed;

    public bool IsComplete => settings.Passes > 0 && _done == settings.Passes;

    /// <summary>0: all <c>Worker:Passes</c> passes passed, or there is no such number. 1: one failed or was not run.</summary>
    public int ExitCode => _passed >= settings.Passes ? 0 : 1;

    public void Add(bool passed)
    {
        _done++;
        _passed += passed ? 1 : 0;
    }
}
