using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Milvus;

/// <summary>Attu, a UI for Milvus, in a container.</summary>
/// <param name="name">The name of the resource.</param>
public class AttuResource(string name) : ContainerResource(name);
