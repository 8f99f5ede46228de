using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("MilvusTracing.Tests")]
