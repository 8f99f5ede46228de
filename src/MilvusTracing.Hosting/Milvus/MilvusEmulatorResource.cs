using Aspire.Hosting.Milvus;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The Milvus emulator, an executable that replaces a Milvus container. It shares the annotations of the Milvus resource, so that
/// references, waits and environment of that resource apply to it.
/// </summary>
/// <param name="milvus">The Milvus resource that it replaces.</param>
/// <param name="command">The command that starts it.</param>
/// <param name="workingDirectory">The folder in which it starts.</param>
[AspireExport]
public sealed class MilvusEmulatorResource(MilvusServerResource milvus, string command, string workingDirectory)
    : ExecutableResource(milvus.Name, command, workingDirectory), IResourceWithConnectionString
{
    /// <inheritdoc />
    public override ResourceAnnotationCollection Annotations => milvus.Annotations;

    /// <inheritdoc />
    public ReferenceExpression ConnectionStringExpression => milvus.ConnectionStringExpression;
}
