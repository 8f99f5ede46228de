using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

internal readonly record struct Hit(Row Row, float Score);
