"""Milvus's quick setup in one trace: `opentelemetry-instrument python main.py`.

opentelemetry-instrument traces each gRPC call and exports as OTEL_* says; this file adds the root span alone.
"""

import math
import os
import sys

import grpc
from opentelemetry import trace
from pymilvus import MilvusClient, MilvusException

COLLECTION = "python_quick_setup"
URI = os.environ.get("MILVUS_URI", "http://localhost:19530")
TOKEN = os.environ.get("MILVUS_TOKEN", "root:Milvus")


def vector(row: int) -> list[float]:
    """Each row's points another way, so that a search has an order to find."""
    return [math.cos(row * axis) for axis in range(1, 6)]


def quick_setup() -> None:
    client = MilvusClient(uri=URI, token=TOKEN)
    if client.has_collection(COLLECTION):
        client.drop_collection(COLLECTION)
    client.create_collection(COLLECTION, dimension=5, consistency_level="Strong")

    client.insert(COLLECTION, [{"id": row, "vector": vector(row), "text": f"row {row}"} for row in range(10)])
    found = client.search(COLLECTION, data=[vector(3)], limit=3, output_fields=["text"])
    queried = client.query(COLLECTION, filter='text in ["row 2", "row 4"]', output_fields=["id"])
    client.delete(COLLECTION, filter="id in [0]")

    print("nearest:", ", ".join(hit["entity"]["text"] for hit in found[0]))
    print("queried:", ", ".join(str(row["id"]) for row in queried))


def main() -> None:
    with trace.get_tracer("python-client").start_as_current_span(COLLECTION) as root:
        quick_setup()
    print(f"trace: {root.get_span_context().trace_id:032x}")


if __name__ == "__main__":
    try:
        main()
    except MilvusException as failure:
        sys.exit(f"Milvus at {URI} (MILVUS_URI): {failure.message}")
    except grpc.RpcError as failure:
        sys.exit(f"Milvus at {URI} (MILVUS_URI): {failure.details()}")
