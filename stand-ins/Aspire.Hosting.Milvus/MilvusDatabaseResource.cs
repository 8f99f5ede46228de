using Aspire.Hosting.Milvus;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A database of a Milvus server. It is not created, only named in the connection string.</summary>
/// <param name="name">The name of the resource.</param>
/// <param name="databaseName">The name of the database.</param>
/// <param name="parent">The server.</param>
public class MilvusDatabaseResource(string name, string databaseName, MilvusServerResource parent)
    : Resource(name), IResourceWithParent<MilvusServerResource>, IResourceWithConnectionString
{
    /// <summary>Gets the server.</summary>
    public MilvusServerResource Parent { get; } = parent;

    /// <summary>Gets the name of the database.</summary>
    public string DatabaseName { get; } = databaseName;

    /// <summary>Gets <c>Endpoint=http://host:port;Key=root:password;Database=name</c>.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{Parent};Database={DatabaseName}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
        Parent.CombineProperties([new("DatabaseName", ReferenceExpression.Create($"{DatabaseName}"))]);
}
