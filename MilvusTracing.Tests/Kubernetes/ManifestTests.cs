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
                container.Image.ShouldMatch(@":\d+\.\d+\.\d+(-[\w.]+)?$");
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

        files.Keys.ShouldBe(["hub.yaml", "jaeger.yaml", "badger.yaml", "dashboard.yaml", "span-metrics.yaml", "tail-sampling.yaml"], ignoreOrder: true);
        files.Where(file => file.Key is not "hub.yaml").ShouldBeSubsetOf(embedded);
        rendered.Get<V1Deployment>("jaeger-hub").Spec.Template.Spec.Containers.Single().Image
            .ShouldBe($"{JaegerContainerImageTags.Registry}/{JaegerContainerImageTags.Image}:{JaegerContainerImageTags.Tag}");
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
