using System.Globalization;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using k8s.Models;
using MilvusTracing.Tests.Hosting.Jaeger;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The objects that <c>kubectl kustomize</c> renders from <c>deploy/kubernetes</c> are valid and consistent.</summary>
public sealed class ManifestTests
{
    /// <summary>The keys of the user's Secret, as in deploy/kubernetes/README.md.</summary>
    private static readonly string[] SecretKeys = ["username", "password", "ca.crt"];

    [RequiresFact(Capability.Kubectl)]
    public Task Every_object_is_in_the_namespace_and_every_container_is_unprivileged_and_has_resource_limits() => ForEachAsync(rendered =>
    {
        rendered.Objects.ShouldNotBeEmpty();
        rendered.Objects.ShouldAllBe(each => each is V1Namespace || each.Metadata.NamespaceProperty == "tracing");
        rendered.Objects.OfType<V1Secret>().ShouldBeEmpty();
        foreach (var (name, template) in rendered.Pods)
        {
            var pod = template.Spec;
            pod.AutomountServiceAccountToken.ShouldBe(false, name);
            pod.SecurityContext.RunAsNonRoot.ShouldBe(true, name);
            pod.SecurityContext.RunAsUser.ShouldNotBeNull(name).ShouldBeGreaterThan(0);
            pod.SecurityContext.SeccompProfile.Type.ShouldBe("RuntimeDefault", name);
            foreach (var container in pod.Containers)
            {
                container.SecurityContext.AllowPrivilegeEscalation.ShouldBe(false, name);
                container.SecurityContext.ReadOnlyRootFilesystem.ShouldBe(true, name);
                container.SecurityContext.Capabilities.Drop.ShouldBe(["ALL"], name);
                container.Resources.Limits.Keys.ShouldBe(["cpu", "memory"], ignoreOrder: true);
                container.Resources.Requests.Keys.ShouldBe(["cpu", "memory"], ignoreOrder: true);
                container.Image.ShouldMatch(@":\d+\.\d+\.\d+$");
                if (container.Env.SingleOrDefault(variable => variable.Name == "GOMEMLIMIT") is { } limit)
                {
                    // memory_limiter rejects spans from 60 % of the limit on.
                    var rejecting = container.Resources.Limits["memory"].ToDecimal() * 0.6m;
                    (decimal.Parse(limit.Value.Replace("MiB", "")) * 1024 * 1024).ShouldBeLessThan(rejecting, name);
                }
            }
        }
    });

    [RequiresFact(Capability.Kubectl)]
    public Task Every_deployment_has_probes_and_has_either_two_spread_replicas_or_a_volume_of_its_own() => ForEachAsync(rendered =>
    {
        foreach (var deployment in rendered.Objects.OfType<V1Deployment>())
        {
            var labels = deployment.Spec.Template.Metadata.Labels;
            List<V1LabelSelector> selectors = [deployment.Spec.Selector, rendered.Get<V1NetworkPolicy>(deployment.Metadata.Name).Spec.PodSelector];
            if (deployment.Spec.Replicas > 1)
            {
                selectors.Add(rendered.Get<V1PodDisruptionBudget>(deployment.Metadata.Name).Spec.Selector);
                selectors.Add(deployment.Spec.Template.Spec.TopologySpreadConstraints.Single().LabelSelector);
            }
            else
            {
                var claim = deployment.Spec.Template.Spec.Volumes.Single(volume => volume.PersistentVolumeClaim is not null).PersistentVolumeClaim;
                rendered.Get<V1PersistentVolumeClaim>(claim.ClaimName).Spec.AccessModes.ShouldBe(["ReadWriteOnce"]);
                deployment.Spec.Strategy.Type.ShouldBe("Recreate"); // otherwise two pods would open the volume
                deployment.Spec.Template.Spec.SecurityContext.FsGroup.ShouldBe(deployment.Spec.Template.Spec.SecurityContext.RunAsGroup);
            }

            foreach (var selector in selectors)
            {
                selector.MatchLabels.ShouldBe(labels, ignoreOrder: true);
            }

            var container = deployment.Spec.Template.Spec.Containers.Single();
            foreach (var probe in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe })
            {
                container.Ports.Select(port => port.Name).ShouldContain(probe.HttpGet.Port.Value);
            }
        }
    });

    [RequiresFact(Capability.Kubectl)]
    public Task Every_reference_resolves() => ForEachAsync(rendered =>
    {
        foreach (var (name, template) in rendered.Pods)
        {
            var pod = template.Spec;
            var container = pod.Containers.Single();
            const string option = "--config=";
            foreach (var argument in (container.Args ?? []).Where(argument => argument.StartsWith(option)))
            {
                var config = argument[option.Length..];
                var mount = container.VolumeMounts.Single(mount => mount.MountPath == Path.GetDirectoryName(config));
                var map = pod.Volumes.Single(volume => volume.Name == mount.Name).ConfigMap.Name;
                rendered.Get<V1ConfigMap>(map).Data.Keys.ShouldContain(Path.GetFileName(config), name);
            }

            var volumes = pod.Volumes ?? [];
            (container.VolumeMounts ?? []).Select(mount => mount.Name).ShouldBe(volumes.Select(volume => volume.Name), ignoreOrder: true);
            var variables = (container.Env ?? []).Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>();
            var files = volumes.Select(volume => volume.Secret).OfType<V1SecretVolumeSource>();
            variables.Select(variable => (variable.Name, variable.Key))
                .Concat(files.SelectMany(file => file.Items.Select(item => (Name: file.SecretName, item.Key))))
                .ShouldAllBe(secret => secret.Name == "opensearch" && SecretKeys.Contains(secret.Key));
        }

        foreach (var service in rendered.Objects.OfType<V1Service>())
        {
            var ports = rendered.Selected(service.Spec.Selector).ShouldHaveSingleItem().Spec.Containers.Single().Ports;
            foreach (var port in service.Spec.Ports)
            {
                ports.Single(each => each.Name == port.TargetPort.Value).ContainerPort.ShouldBe(port.Port, service.Metadata.Name);
            }
        }

        foreach (var policy in rendered.Objects.OfType<V1NetworkPolicy>())
        {
            var container = rendered.Selected(policy.Spec.PodSelector.MatchLabels).Single().Spec.Containers.Single();
            var ports = container.Ports.Select(port => port.Name).ToList();
            policy.Spec.Ingress.SelectMany(rule => rule.Ports).ShouldAllBe(port => ports.Contains(port.Port.Value));
        }
    });

    [RequiresFact(Capability.Kubectl)]
    public async Task The_deployment_has_the_image_and_the_configuration_files_of_Hosting()
    {
        var rendered = await Manifests.RenderAsync("");
        var hosting = typeof(JaegerResource).Assembly;
        var embedded = hosting.GetManifestResourceNames().ToDictionary(name => name, name =>
        {
            using var reader = new StreamReader(hosting.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        });

        var files = rendered.ConfigMap("jaeger").Data;

        embedded.Keys.ShouldContain("jaeger.yaml");
        embedded.Keys.ShouldNotContain("kustomization.yaml");
        files.Where(file => file.Key is not "hub.yaml").ToDictionary().ShouldBe(embedded, ignoreOrder: true);
        rendered.Get<V1Deployment>("jaeger-hub").Spec.Template.Spec.Containers.Single().Image
            .ShouldBe($"{JaegerContainerImageTags.Registry}/{JaegerContainerImageTags.Image}:{JaegerContainerImageTags.Tag}");
    }

    [RequiresFact(Capability.Kubectl)]
    public async Task With_tail_sampling_the_router_listens_on_the_pods_ports_and_sends_all_spans_of_a_trace_to_the_same_Jaeger()
    {
        var rendered = await Manifests.RenderAsync("tail-sampling");
        var hub = rendered.Get<V1Deployment>("jaeger-hub").Spec;
        var router = rendered.Get<V1Deployment>("jaeger-router").Spec;

        rendered.Get<V1Service>("jaeger").Spec.Selector.ShouldBe(router.Selector.MatchLabels, ignoreOrder: true);
        rendered.Get<V1Service>("jaeger-query").Spec.Selector.ShouldBe(hub.Selector.MatchLabels, ignoreOrder: true);
        hub.Template.Spec.Containers.Single().Args[^1].ShouldBe("--config=/etc/jaeger/tail-sampling.yaml");
        var senders = rendered.Get<V1NetworkPolicy>("jaeger-hub").Spec.Ingress
            .Where(rule => rule.Ports.Any(port => port.Port.Value.StartsWith("otlp"))).ShouldHaveSingleItem();
        senders.FromProperty.ShouldHaveSingleItem().PodSelector.MatchLabels.ShouldBe(router.Selector.MatchLabels, ignoreOrder: true);

        var configuration = Manifests.ParseYaml(rendered.ConfigMap("router").Data["collector.yaml"]);
        var balancing = configuration["exporters"]!["load_balancing"]!;
        balancing["routing_key"]!.GetValue<string>().ShouldBe("traceID");
        var hubs = rendered.Get<V1Service>(balancing["resolver"]!["dns"]!["hostname"]!.GetValue<string>()).Spec;
        hubs.ClusterIP.ShouldBe("None"); // headless: the router needs the address of every pod
        hubs.Selector.ShouldBe(hub.Selector.MatchLabels, ignoreOrder: true);
        hubs.Ports.Single().Port.ToString().ShouldBe(balancing["resolver"]!["dns"]!["port"]!.GetValue<string>());

        var ports = router.Template.Spec.Containers.Single().Ports
            .ToDictionary(port => port.Name, port => $"0.0.0.0:{port.ContainerPort}");

        var otlp = configuration["receivers"]!["otlp"]!["protocols"]!;
        otlp["grpc"]!["endpoint"]!.GetValue<string>().ShouldBe(ports["otlp-grpc"]);
        otlp["http"]!["endpoint"]!.GetValue<string>().ShouldBe(ports["otlp-http"]);
        configuration["extensions"]!["health_check"]!["endpoint"]!.GetValue<string>().ShouldBe(ports["health"]);
    }

    [RequiresFact(Capability.Kubectl)]
    public async Task With_tail_sampling_a_hub_decides_on_all_its_traces_before_it_stops()
    {
        const int TimeToLive = 30; // of a DNS answer, with kubeadm's CoreDNS
        var rendered = await Manifests.RenderAsync("tail-sampling");
        var pod = rendered.Get<V1Deployment>("jaeger-hub").Spec.Template.Spec;
        var wait = pod.Containers.Single().Lifecycle.PreStop.Sleep.Seconds;
        var decision = Manifests.ParseYaml(rendered.ConfigMap("jaeger").Data["tail-sampling.yaml"])["processors"]!["tail_sampling"]!["decision_wait"]!;
        var interval = Manifests.ParseYaml(rendered.ConfigMap("router").Data["collector.yaml"])["exporters"]!["load_balancing"]!["resolver"]!["dns"]!["interval"]!;

        wait.ShouldBe(Seconds(decision) + Seconds(interval) + TimeToLive);
        pod.TerminationGracePeriodSeconds.ShouldNotBeNull().ShouldBeGreaterThan(wait + 30);

        static int Seconds(JsonNode duration) => int.Parse(duration.GetValue<string>().TrimEnd('s'), CultureInfo.InvariantCulture);
    }

    [RequiresFact(Capability.Kubectl, Capability.Jaeger)]
    public Task Jaeger_accepts_the_configuration_of_each_folder() => ForEachAsync(async rendered =>
    {
        if (rendered.Objects.OfType<V1Deployment>().SingleOrDefault(each => each.Metadata.Name == "jaeger-hub") is not { } hub)
        {
            return;
        }

        var folder = Directory.CreateTempSubdirectory();
        foreach (var (name, content) in rendered.ConfigMap("jaeger").Data)
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), content);
        }

        var container = hub.Spec.Template.Spec.Containers.Single();
        var (exitCode, output) = await JaegerProgram.ValidateAsync(
            container.Args.Select(argument => argument.Replace("/etc/jaeger", folder.FullName)),
            container.Env.ToDictionary(variable => variable.Name, variable => variable.Value ?? "from-a-secret")!);

        exitCode.ShouldBe(0, output);
        folder.Delete(recursive: true);
    });

    [RequiresFact(Capability.Kubectl)]
    public async Task The_verification_job_reads_Jaeger_and_ends_with_the_first_verdict()
    {
        var job = (await Manifests.RenderAsync("verify")).Objects.ShouldHaveSingleItem().ShouldBeOfType<V1Job>().Spec;
        var hub = await Manifests.RenderAsync("hub");

        var rule = job.PodFailurePolicy.Rules.ShouldHaveSingleItem();
        rule.Action.ShouldBe("FailJob");
        rule.OnExitCodes.Values.ShouldBe([1]); // not joined; 2 is "could not check"
        job.TtlSecondsAfterFinished.ShouldNotBeNull();
        job.Template.Spec.RestartPolicy.ShouldBe("Never");
        var container = job.Template.Spec.Containers.Single();
        container.TerminationMessagePolicy.ShouldBe("FallbackToLogsOnError");
        container.Args.Take(3).ShouldBe(["verify", "--service", "$(SERVICE)"]);
        container.Env.ShouldContain(variable => variable.Name == "SERVICE");
        var query = new Uri(container.Args[container.Args.IndexOf("--jaeger") + 1]);
        hub.Get<V1Service>(query.Host).Spec.Ports.ShouldContain(port => port.Port == query.Port);
    }

    private static Task ForEachAsync(Action<Manifests> check) => ForEachAsync(rendered =>
    {
        check(rendered);
        return Task.CompletedTask;
    });

    private static async Task ForEachAsync(Func<Manifests, Task> check)
    {
        foreach (var folder in Manifests.All)
        {
            await check(await Manifests.RenderAsync(folder));
        }
    }
}
