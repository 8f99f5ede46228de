namespace Milvus.Client;

public enum IndexType
{
    Invalid = 0,
    Flat,
    IvfFlat,
    IvfSq8,
    IvfPq,
    Hnsw,
    DiskANN,
    Annoy,
    RhnswFlat,
    RhnswPq,
    RhnswSq,
    BinFlat,
    BinIvfFlat,
    AutoIndex,
}
