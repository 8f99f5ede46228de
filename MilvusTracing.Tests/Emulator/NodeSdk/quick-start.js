// The quick start of Milvus's Node.js SDK, traced by OpenTelemetry's own packages.
// usage: node quick-start.js <milvus host:port> <OTLP/HTTP traces URL>; prints one JSON object with what came back
'use strict';

const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { GrpcInstrumentation } = require('@opentelemetry/instrumentation-grpc');
const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');

const [address, url] = process.argv.slice(2);
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))] });
provider.register();
registerInstrumentations({ instrumentations: [new GrpcInstrumentation()] });

const { MilvusClient, DataType } = require('@zilliz/milvus2-sdk-node'); // after the instrumentation, which patches gRPC

const collection_name = 'node_quick_start';
const vectors = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0.9, 0.1, 0, 0]];

async function quickStart(client) {
  await client.connectPromise;
  await client.createCollection({
    collection_name,
    fields: [
      { name: 'id', data_type: DataType.Int64, is_primary_key: true, autoID: false },
      { name: 'vector', data_type: DataType.FloatVector, dim: 4 },
      { name: 'text', data_type: DataType.VarChar, max_length: 32 },
    ],
    enable_dynamic_field: true,
    index_params: [{ field_name: 'vector', index_type: 'HNSW', metric_type: 'L2', params: { M: 8, efConstruction: 64 } }],
  });
  await client.loadCollectionSync({ collection_name });
  const inserted = await client.insert({
    collection_name,
    data: vectors.map((vector, id) => ({ id, vector, text: `text ${id}`, color: id % 2 ? 'red' : 'blue' })),
  });
  const found = await client.search({
    collection_name, data: [1, 0, 0, 0], limit: 2, output_fields: ['id', 'text', 'color'], filter: 'id >= 0',
  });
  const queried = await client.query({ collection_name, filter: 'color == "red"', output_fields: ['text'] });
  const deleted = await client.delete({ collection_name, ids: [0] });
  const missing = await client.describeCollection({ collection_name: 'no_such' });
  const has = await client.hasCollection({ collection_name });
  await client.dropCollection({ collection_name });
  return {
    inserted: Number(inserted.insert_cnt),
    nearest: found.results.map(hit => `${hit.id}: ${hit.text}, ${hit.color}`),
    red: queried.data.map(row => row.text),
    deleted: Number(deleted.delete_cnt),
    missing: missing.status.reason,
    has: has.value,
  };
}

async function main() {
  const client = new MilvusClient({ address });
  const tracer = provider.getTracer('quick-start');
  const result = await tracer.startActiveSpan('node quick start', async span => {
    try {
      return { traceId: span.spanContext().traceId, ...(await quickStart(client)) };
    } finally {
      span.end();
    }
  });
  await client.closeConnection();
  await provider.shutdown();
  console.log(JSON.stringify(result));
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
