using MilvusTracing.Local.Emulator.Storage;

namespace MilvusTracing.Local.Emulator.Search;

internal readonly record struct Hit(Row Row, float Score);
