namespace Milvus.Client;

public enum SimilarityMetricType
{
    Invalid,
    L2,
    Ip,
    Cosine,
    Jaccard,
    Tanimoto,
    Hamming,
    Superstructure,
    Substructure,
}
