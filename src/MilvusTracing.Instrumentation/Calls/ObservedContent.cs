using System.Net;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>Wraps the content of a request or a response and passes it on unchanged.</summary>
internal abstract class ObservedContent : HttpContent
{
    protected ObservedContent(HttpContent content)
    {
        Content = content;
        if (HttpContentFields.TryShareHeaders(content, this))
        {
            return;
        }

        foreach (var header in content.Headers.NonValidated)
        {
            // As a string: a HeaderStringValues would be boxed.
            Headers.TryAddWithoutValidation(header.Key, header.Value.ToString());
        }
    }

    protected HttpContent Content { get; }

    protected override bool TryComputeLength(out long length)
    {
        length = Content.Headers.ContentLength ?? -1;
        return length >= 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Content.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>The content of a response. Its call sees Milvus's status while gRPC reads the message.</summary>
internal sealed class ObservedResponseContent(HttpContent content, MilvusCall call) : ObservedContent(content)
{
    protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
        => new ObservedResponseStream(Content.ReadAsStream(cancellationToken), call);

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
        => new ObservedResponseStream(await Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), call);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => await (await CreateContentReadStreamAsync().ConfigureAwait(false)).CopyToAsync(stream).ConfigureAwait(false);
}
