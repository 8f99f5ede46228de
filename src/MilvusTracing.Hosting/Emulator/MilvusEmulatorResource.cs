using Aspire.Hosting.Milvus;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The Milvus emulator: an executable in the place of a Milvus container. It has the annotations of the Milvus resource
/// for its own, so that what refers to that, waits for it or configures it means this one.
/// </summary>
/// <param name="milvus">The Milvus whose place it takes.</param>
/// <param name="command">The command that starts it.</param>
/// <param name="workingDirectory">Where it starts.</param>
public sealed class MilvusEmulatorResource(MilvusServerResource milvus, string command, string workingDirectory)
    : ExecutableResource(milvus.Name, command, workingDirectory), IResourceWithConnectionString
{
    /// <inheritdoc />
    public override ResourceAnnotationCollection Annotations => milvus.Annotations;

    /// <inheritdoc />
    public ReferenceExpression ConnectionStringExpression => milvus.ConnectionStringExpression;

    /// <summary>Whether an emulator has taken the place of this Milvus.</summary>
    internal static bool IsInPlaceOf(MilvusServerResource milvus) => milvus.HasAnnotationOfType<ExecutableAnnotation>();
}
