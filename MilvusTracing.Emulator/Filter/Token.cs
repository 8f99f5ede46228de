namespace MilvusTracing.Emulator.Filter;

internal enum TokenKind
{
    Identifier,
    Integer,
    Float,
    Text,
    Template,
    Symbol,
    End,
}

/// <summary>A symbol or name as it stands, or what a quoted text says; with the number of characters before it.</summary>
internal readonly record struct Token(TokenKind Kind, string Content, int Position)
{
    public bool Is(params ReadOnlySpan<string> symbols) => Kind is TokenKind.Symbol && symbols.Contains(Content);

    public bool IsWord(string word) => Kind is TokenKind.Identifier && Content.Equals(word, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Kind is TokenKind.End ? "<EOF>" : Content;
}
