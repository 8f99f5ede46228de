using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Milvus.Client;
using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Tests.Worker;

public sealed class MilvusConnectionTests
{
    [Theory]
    [InlineData("Endpoint=http://milvus.example:19530;Key=root:Milvus", "milvus.example", 19530)]
    [InlineData("Endpoint=https://milvus.example;Key=root:Milvus;Database=books", "milvus.example", 443)]
    [InlineData("Endpoint=http://[::1]:19530/;Key=\"a;b\"", "::1", 19530)]
    public void Calls_the_server_of_the_connection_string(string connectionString, string address, int port)
    {
        using var services = Services(connectionString);

        services.GetRequiredService<MilvusServer>().ShouldBe(new MilvusServer(address, port));
        services.GetRequiredService<MilvusClient>().Address.ShouldContain(address);
    }

    [Theory]
    [InlineData(null, "is not set")]
    [InlineData("", "is not set")]
    [InlineData("Key=secret", "has no Endpoint")]
    [InlineData("Endpoint=http://localhost:19530", "has no Key")]
    [InlineData("http://localhost:19530", "has no Key")]
    [InlineData("Endpoint=localhost:19530;Key=secret", "has the Endpoint 'localhost:19530'")]
    [InlineData("Endpoint=localhost;Key=secret", "has the Endpoint 'localhost'")]
    [InlineData("localhost:19530", "has the address 'localhost:19530'")]
    [InlineData("Endpoint=tcp://localhost:19530;Key=secret", "has the Endpoint 'tcp://localhost:19530'")]
    [InlineData("Endpoint=http://localhost:99999;Key=secret", "has the Endpoint 'http://localhost:99999'")]
    [InlineData("localhost", "is not a connection string")]
    [InlineData("Endpoint=http://localhost:19530;Key=\"secret", "is not a connection string")]
    public void Refuses_an_unusable_connection_string_in_a_sentence_without_its_key(string? connectionString, string problem)
    {
        var refusal = Should.Throw<SettingException>(() => Services(connectionString));

        refusal.Message.ShouldStartWith("ConnectionStrings:milvus ");
        refusal.Message.ShouldContain(problem);
        refusal.Message.ShouldContain("Endpoint=http://localhost:19530;Key=root:Milvus");
        refusal.Message.ShouldNotContain("secret");
    }

    private static ServiceProvider Services(string? connectionString)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:milvus"] = connectionString;
        builder.AddMilvus();
        return builder.Services.BuildServiceProvider();
    }
}
