using MilvusTracing.Local.Dashboard;
using MilvusTracing.Local.Emulator;
using MilvusTracing.Local.Otlp;
using MilvusTracing.Local.Proof;
using MilvusTracing.Local.Relay;
using MilvusTracing.Local.Settings;
using MilvusTracing.Local.Terminal;
using MilvusTracing.Local.Worker;
using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Verification;
using Spectre.Console;

namespace MilvusTracing.Local;

/// <summary>One run: everything is started in the order in which it is needed, and stopped in the opposite one.</summary>
internal sealed class LocalRun(LocalOptions options, LocalSettings settings, Screen screen)
{
    /// <summary>What the worker and the emulator are told to batch for.</summary>
    private static readonly TimeSpan OwnExportDelay = TimeSpan.FromSeconds(1);

    /// <summary>What a real Milvus's C++ core always batches for.</summary>
    private static readonly TimeSpan MilvusExportDelay = TimeSpan.FromSeconds(5);

    /// <summary>Runs until it is cancelled, or until the worker has done all its passes.</summary>
    /// <returns>The verdict on the last pass.</returns>
    /// <exception cref="SettingException">Options and settings contradict each other.</exception>
    /// <exception cref="LocalFailedException">Something that the run cannot do without did not start, or ended.</exception>
    public async Task<Outcome> RunAsync(CancellationToken cancellationToken)
    {
        Check();
        await using var stopping = cancellationToken.Register(() => screen.WriteLine("stopping ..."));
        await using var dashboard = options.Dashboard ? await StartDashboardAsync(cancellationToken) : null;

        // With neither dashboard nor Jaeger somebody still has to receive the spans that the verdict is about.
        await using var receiver = options.Worker && dashboard is null && settings.Jaeger is null
            ? await OtlpReceiver.StartAsync(cancellationToken: cancellationToken) : null;
        var otlp = dashboard?.OtlpGrpc ?? (receiver is null ? null : new OtlpDestination(receiver.GrpcEndpoint));
        Introduce("Jaeger", settings switch
        {
            { JaegerUrl: { } pages } => ShownAddress.Of(pages),
            { Milvus: not null } => "none: ConnectionStrings__jaeger has to name where this Milvus sends its spans",
            _ => "none: ConnectionStrings__jaeger is not set",
        });

        await using var emulator = settings.Milvus is null ? await StartEmulatorAsync(otlp, cancellationToken) : null;
        if (emulator is null)
        {
            Introduce("Milvus", "the one that ConnectionStrings__milvus names");
        }
        if (!options.Worker)
        {
            await ServeOthersAsync(emulator, dashboard, cancellationToken);
        }

        await using var worker = WorkerProcess.Start(
            WorkerEnvironment.For(settings.Milvus ?? $"Endpoint={emulator!.Address};Key=root:Milvus", settings, otlp, options.Once),
            line => Introduce("worker", line, Color.Yellow));
        return await VerifyPassesAsync(worker, dashboard, receiver, cancellationToken);
    }

    private async Task<Outcome> VerifyPassesAsync(
        WorkerProcess worker, DashboardServer? dashboard, OtlpReceiver? receiver, CancellationToken cancellationToken)
    {
        using var jaeger = settings.JaegerUrl is { } url ? new JaegerBackend(url) : null;
        using var dashboardBackend = dashboard?.OpenBackend();
        ITraceBackend?[] backends = [jaeger, dashboardBackend, receiver is null ? null : new InMemoryBackend(receiver)];
        using var relay = dashboard is not null && settings is { Milvus: not null, JaegerUrl: not null }
            ? new SpanRelay(settings.JaegerUrl, dashboard.OtlpHttp, WorkerEnvironment.ServiceName) : null;
        if (relay is not null)
        {
            Introduce("relay", "Milvus's own spans, from Jaeger to the dashboard");
        }
        var verifier = new PassVerifier(
            screen, [.. backends.OfType<ITraceBackend>()], settings.Milvus is null ? OwnExportDelay : MilvusExportDelay, relay);

        Outcome? verdict = null;
        while (await IsThereAnotherPassAsync(worker, dashboard, isFirst: verdict is null, cancellationToken))
        {
            // Passes may come faster than proofs: then the latest is the one that counts.
            Pass? pass = null;
            while (worker.Passes.TryRead(out var next))
            {
                pass = next;
            }
            var isFirst = verdict is null;
            verdict = await verifier.VerifyAsync(pass!, inFull: isFirst, cancellationToken) ?? verdict;
            receiver?.Forget(before: pass!.Ended);
            if (options.Once)
            {
                return verdict ?? Outcome.CouldNotCheck;
            }
            if (isFirst && verdict is not null)
            {
                ShowLinks(pass!.Trace!.TraceId, dashboard);
            }
        }

        // It ends by itself only where Worker__Passes says so.
        return await worker.Exited == 0 ? verdict ?? Outcome.CouldNotCheck : throw new LocalFailedException(worker.Epitaph());
    }

    /// <summary>Waits for a pass to end; false when instead the worker has.</summary>
    /// <exception cref="LocalFailedException">The dashboard has ended.</exception>
    private async Task<bool> IsThereAnotherPassAsync(
        WorkerProcess worker, DashboardServer? dashboard, bool isFirst, CancellationToken cancellationToken)
    {
        var pass = worker.Passes.WaitToReadAsync(cancellationToken).AsTask();
        var either = Task.WhenAny([pass, .. dashboard is null ? Array.Empty<Task>() : [dashboard.Exited]]);
        var first = isFirst ? await screen.WaitAsync("waiting for the worker's first pass", _ => either) : await either;
        return first == pass ? await pass : throw new LocalFailedException(dashboard!.Epitaph());
    }

    private async Task<DashboardServer?> StartDashboardAsync(CancellationToken cancellationToken)
    {
        try
        {
            var aspire = await AspireCli.FindOrInstallAsync(screen, cancellationToken);
            var dashboard = await DashboardServer.StartAsync(aspire, screen, cancellationToken);

            // With --once it is gone before anybody can log in.
            Introduce("dashboard", $"{(options.Once ? dashboard.Pages : dashboard.LoginPage)}");
            return dashboard;
        }
        catch (DashboardUnavailableException exception)
        {
            Introduce("dashboard", $"none, going on without it: {exception.Message}", Color.Yellow);
            return null;
        }
    }

    private async Task<MilvusEmulator> StartEmulatorAsync(OtlpDestination? otlp, CancellationToken cancellationToken)
    {
        OtlpDestination?[] destinations = [otlp, settings.Jaeger is null ? null : new OtlpDestination(settings.Jaeger)];
        var emulatorOptions = new EmulatorOptions
        {
            Destinations = [.. destinations.OfType<OtlpDestination>().Select(destination => new SpanDestination(destination.Endpoint, Headers: destination.Headers))],
        };
        if (options.MilvusPort is { } port)
        {
            emulatorOptions = emulatorOptions with { Port = port };
        }

        MilvusEmulator emulator;
        var instead = "";
        try
        {
            emulator = await MilvusEmulator.StartAsync(emulatorOptions, cancellationToken);
        }
        catch (IOException) when (options.MilvusPort is null)
        {
            instead = $" ({emulatorOptions.Port} is taken)";
            emulator = await MilvusEmulator.StartAsync(emulatorOptions with { Port = 0 }, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new LocalFailedException($"The Milvus emulator cannot listen on 127.0.0.1:{options.MilvusPort}: {exception.Message} Choose another --milvus-port.");
        }
        Introduce("Milvus", $"an emulator on {emulator.Address}{instead}");
        Introduce("", "for a real one set ConnectionStrings__milvus");
        return emulator;
    }

    /// <summary>Tells other clients what they need to join in, and waits for Ctrl+C.</summary>
    private async Task ServeOthersAsync(MilvusEmulator? emulator, DashboardServer? dashboard, CancellationToken cancellationToken)
    {
        screen.WriteLine();
        screen.WriteLine($"Clients connect to {emulator?.Address.ToString() ?? "the Milvus at ConnectionStrings__milvus"}; for their spans:");

        // A real Milvus's spans are in Jaeger only: there those of its clients join them.
        var toJaeger = settings.Jaeger is not null && (dashboard is null || settings.Milvus is not null);
        if (toJaeger)
        {
            screen.WriteLine($"  OTEL_EXPORTER_OTLP_ENDPOINT={settings.Jaeger}");
            screen.WriteLine("  OTEL_EXPORTER_OTLP_PROTOCOL=grpc");
        }
        else if (dashboard is not null)
        {
            screen.WriteLine($"  OTEL_EXPORTER_OTLP_ENDPOINT={dashboard.OtlpGrpc.Endpoint}");
            screen.WriteLine($"  OTEL_EXPORTER_OTLP_PROTOCOL=grpc # http/protobuf: {dashboard.OtlpHttp.Endpoint}");
            screen.WriteLine($"  OTEL_EXPORTER_OTLP_HEADERS={dashboard.OtlpGrpc.Headers}");
        }
        else
        {
            screen.WriteLine("  neither a dashboard nor Jaeger is there");
        }
        screen.WriteLine("Ctrl+C stops everything.");
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private void ShowLinks(string traceId, DashboardServer? dashboard)
    {
        screen.WriteLine();
        if (dashboard is not null)
        {
            Introduce("trace", $"{dashboard.TracePage(traceId, login: true)}");
        }
        if (settings.JaegerUrl is not null)
        {
            Introduce(dashboard is null ? "trace" : "", $"{ShownAddress.Of(settings.JaegerUrl)}/trace/{traceId}");
        }
        screen.WriteLine("Ctrl+C stops everything.");
    }

    private void Introduce(string who, string what, Color? colour = null) => screen.WriteLine($"{who,-9}  {what}", colour);

    private void Check()
    {
        if (options is { Once: true, Worker: false })
        {
            throw new SettingException("--once and --no-worker exclude each other: without the worker there is no pass to verify.");
        }
        if (options.MilvusPort is { } port && settings.Milvus is not null)
        {
            throw new SettingException(
                $"--milvus-port is {port}, but ConnectionStrings__milvus names a Milvus, so no emulator is started; leave out one of the two.");
        }
    }
}
