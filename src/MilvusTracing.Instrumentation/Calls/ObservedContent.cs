namespace MilvusTracing.Instrumentation.Calls;

/// <summary>A content in the place of another one, which it passes on as it is.</summary>
internal abstract class ObservedContent : HttpContent
{
    protected ObservedContent(HttpContent content)
    {
        Content = content;
        foreach (var header in content.Headers.NonValidated)
        {
            // As a string: as a list it would be boxed.
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

/// <summary>A stream in the place of another one, read or written from its start to its end.</summary>
internal abstract class ObservedStream(Stream inner) : Stream
{
    public override bool CanRead => Inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => Inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    protected Stream Inner => inner;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => Inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => Inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
