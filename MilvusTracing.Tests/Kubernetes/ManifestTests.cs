using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using k8s.Models;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>What <c>kubectl kustomize</c> makes of <c>deploy/kubernetes</c>: objects that Kubernetes knows, and that fit together.</summary>
public sealed partial class ManifestTests
{
    /// <summary>What a user's Secret has to hold, as deploy/kubernetes/README.md says.</summary>
    private static readonly string[] SecretKeys = ["username", "password", "ca.crt"];

    [RequiresFact(Capability.Kubectl)]
    public Task All_of_it_lives_in_the_namespace_and_holds_no_secret() => ForEachAsync(rendered =>
    {
        rendered.Objects.ShouldNotBeEmpty();
        rendered.Objects.Where(each => each is not V1Namespace).ShouldAllBe(each => each.Metadata.NamespaceProperty == "tracing");
        rendered.Objects.OfType<V1Secret>().ShouldBeEmpty();
    });

    [RequiresFact(Capability.Kubectl)]
    public Task Every_container_has_no_rights_and_bounded_resources() => ForEachAsync(rendered =>
    {
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
                    // Below what memory_limiter, at 60 % of the limit, refuses.
                    (long.Parse(limit.Value.Replace("MiB", "")) * 1024 * 1024).ShouldBeLessThan((long)(container.Resources.Limits["memory"].ToDecimal() * 0.6m), name);
                }
            }
        }
    });

    [RequiresFact(Capability.Kubectl)]
    public Task Every_server_is_probed_doubled_and_spread() => ForEachAsync(rendered =>
    {
        foreach (var deployment in rendered.Objects.OfType<V1Deployment>())
        {
            deployment.Spec.Replicas.ShouldNotBeNull().ShouldBeGreaterThan(1);
            var labels = deployment.Spec.Template.Metadata.Labels;
            deployment.Spec.Selector.MatchLabels.ShouldBe(labels, ignoreOrder: true);
            rendered.Objects.OfType<V1PodDisruptionBudget>().Single(budget => budget.Metadata.Name == deployment.Metadata.Name).Spec.Selector.MatchLabels.ShouldBe(labels, ignoreOrder: true);
            rendered.Objects.OfType<V1NetworkPolicy>().Single(policy => policy.Metadata.Name == deployment.Metadata.Name).Spec.PodSelector.MatchLabels.ShouldBe(labels, ignoreOrder: true);
            deployment.Spec.Template.Spec.TopologySpreadConstraints.Single().LabelSelector.MatchLabels.ShouldBe(labels, ignoreOrder: true);
            var container = deployment.Spec.Template.Spec.Containers.Single();
            foreach (var probe in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe })
            {
                container.Ports.Select(port => port.Name).ShouldContain(probe.HttpGet.Port.Value);
            }
        }
    });

    [RequiresFact(Capability.Kubectl)]
    public Task Every_reference_leads_to_something() => ForEachAsync(rendered =>
    {
        foreach (var (name, template) in rendered.Pods)
        {
            var pod = template.Spec;
            var container = pod.Containers.Single();
            foreach (var config in (container.Args ?? []).Where(argument => argument.StartsWith("--config=")).Select(argument => argument["--config=".Length..]))
            {
                var mount = container.VolumeMounts.Single(mount => mount.MountPath == Path.GetDirectoryName(config));
                var map = pod.Volumes.Single(volume => volume.Name == mount.Name).ConfigMap.Name;
                rendered.Get<V1ConfigMap>(map).Data.Keys.ShouldContain(Path.GetFileName(config), name);
            }

            (container.VolumeMounts ?? []).Select(mount => mount.Name).ShouldBe((pod.Volumes ?? []).Select(volume => volume.Name), ignoreOrder: true);
            var secrets = (container.Env ?? []).Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>().Select(key => (key.Name, key.Key))
                .Concat((pod.Volumes ?? []).Select(volume => volume.Secret).OfType<V1SecretVolumeSource>().SelectMany(secret => secret.Items.Select(item => (Name: secret.SecretName, item.Key))))
                .ToList();
            secrets.ShouldAllBe(secret => secret.Name == "opensearch" && SecretKeys.Contains(secret.Key));
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
            var ports = rendered.Selected(policy.Spec.PodSelector.MatchLabels).Single().Spec.Containers.Single().Ports.Select(port => port.Name).ToList();
            policy.Spec.Ingress.SelectMany(rule => rule.Ports).ShouldAllBe(port => ports.Contains(port.Port.Value));
        }
    });

    [RequiresFact(Capability.Kubectl)]
    public async Task The_hub_is_Hostings_Jaeger_with_the_very_files_that_it_embeds()
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
        files.Where(file => file.Key is not ("hub.yaml" or "opensearch.yaml")).ToDictionary().ShouldBe(embedded, ignoreOrder: true);
        rendered.Get<V1Deployment>("jaeger-hub").Spec.Template.Spec.Containers.Single().Image
            .ShouldBe($"{JaegerContainerImageTags.Registry}/{JaegerContainerImageTags.Image}:{JaegerContainerImageTags.Tag}");
    }

    [RequiresFact(Capability.Kubectl)]
    public async Task Every_variable_of_the_configuration_is_set_or_has_a_default()
    {
        foreach (var folder in new[] { "hub", "tail-sampling" })
        {
            var rendered = await Manifests.RenderAsync(folder);
            foreach (var deployment in rendered.Objects.OfType<V1Deployment>())
            {
                var container = deployment.Spec.Template.Spec.Containers.Single();
                var used = container.Args.Select(argument => rendered.Objects.OfType<V1ConfigMap>().Single(map => map.Data.ContainsKey(Path.GetFileName(argument))).Data[Path.GetFileName(argument)]);
                used.SelectMany(file => Variable().Matches(file)).Select(match => match.Groups[1].Value)
                    .ShouldBeSubsetOf(container.Env.Select(variable => variable.Name));
            }
        }
    }

    [RequiresFact(Capability.Kubectl)]
    public async Task With_tail_sampling_all_spans_go_by_the_router_to_the_hub_of_their_trace()
    {
        var rendered = await Manifests.RenderAsync("tail-sampling");
        var hub = rendered.Get<V1Deployment>("jaeger-hub").Spec;
        var router = rendered.Get<V1Deployment>("jaeger-router").Spec;

        rendered.Get<V1Service>("jaeger").Spec.Selector.ShouldBe(router.Selector.MatchLabels, ignoreOrder: true);
        rendered.Get<V1Service>("jaeger-query").Spec.Selector.ShouldBe(hub.Selector.MatchLabels, ignoreOrder: true);
        hub.Template.Spec.Containers.Single().Args[^1].ShouldBe("--config=/etc/jaeger/tail-sampling.yaml");
        var senders = rendered.Get<V1NetworkPolicy>("jaeger-hub").Spec.Ingress.Where(rule => rule.Ports.Any(port => port.Port.Value.StartsWith("otlp"))).ShouldHaveSingleItem();
        senders.FromProperty.ShouldHaveSingleItem().PodSelector.MatchLabels.ShouldBe(router.Selector.MatchLabels, ignoreOrder: true);

        var configuration = Manifests.ParseYaml(rendered.ConfigMap("router").Data["collector.yaml"]);
        var balancing = configuration["exporters"]!["loadbalancing"]!;
        balancing["routing_key"]!.GetValue<string>().ShouldBe("traceID");
        var hubs = rendered.Get<V1Service>(balancing["resolver"]!["dns"]!["hostname"]!.GetValue<string>()).Spec;
        hubs.ClusterIP.ShouldBe("None"); // else there is one address, whatever the trace id
        hubs.Selector.ShouldBe(hub.Selector.MatchLabels, ignoreOrder: true);
        hubs.Ports.Single().Port.ToString().ShouldBe(balancing["resolver"]!["dns"]!["port"]!.GetValue<string>());
    }

    [RequiresFact(Capability.Kubectl)]
    public async Task The_routers_configuration_listens_where_the_pod_says_and_uses_what_it_defines()
    {
        var rendered = await Manifests.RenderAsync("tail-sampling");
        var configuration = Manifests.ParseYaml(rendered.ConfigMap("router").Data["collector.yaml"]);
        var ports = rendered.Get<V1Deployment>("jaeger-router").Spec.Template.Spec.Containers.Single().Ports.ToDictionary(port => port.Name, port => $"0.0.0.0:{port.ContainerPort}");

        var otlp = configuration["receivers"]!["otlp"]!["protocols"]!;
        otlp["grpc"]!["endpoint"]!.GetValue<string>().ShouldBe(ports["otlp-grpc"]);
        otlp["http"]!["endpoint"]!.GetValue<string>().ShouldBe(ports["otlp-http"]);
        configuration["extensions"]!["health_check"]!["endpoint"]!.GetValue<string>().ShouldBe(ports["health"]);
        foreach (var (kind, used) in configuration["service"]!["pipelines"]!["traces"]!.AsObject())
        {
            used!.AsArray().Select(name => name!.GetValue<string>()).ShouldBeSubsetOf(configuration[kind]!.AsObject().Select(component => component.Key));
        }
    }

    [RequiresFact(Capability.Kubectl)]
    public async Task The_verifying_job_looks_once_at_the_hub_and_tells_the_cause()
    {
        var job = (await Manifests.RenderAsync("verify")).Objects.ShouldHaveSingleItem().ShouldBeOfType<V1Job>().Spec;
        var hub = await Manifests.RenderAsync("hub");

        job.BackoffLimit.ShouldBe(0);
        job.TtlSecondsAfterFinished.ShouldNotBeNull();
        job.Template.Spec.RestartPolicy.ShouldBe("Never");
        var container = job.Template.Spec.Containers.Single();
        container.TerminationMessagePolicy.ShouldBe("FallbackToLogsOnError");
        container.Args.Take(3).ShouldBe(["verify", "--service", "$(SERVICE)"]);
        container.Env.ShouldContain(variable => variable.Name == "SERVICE");
        var query = new Uri(container.Args[container.Args.IndexOf("--jaeger") + 1]);
        hub.Get<V1Service>(query.Host).Spec.Ports.ShouldContain(port => port.Port == query.Port);
    }

    private static async Task ForEachAsync(Action<Manifests> check)
    {
        foreach (var folder in Manifests.All)
        {
            check(await Manifests.RenderAsync(folder));
        }
    }

    [GeneratedRegex(@"\$\{env:(\w+)\}")]
    private static partial Regex Variable();
}
