// Milvus's quick setup in one trace: `node --import @opentelemetry/auto-instrumentations-node/register main.js`.
// register traces each gRPC call and exports as OTEL_* says; this file adds the root span alone.
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { MilvusClient } from '@zilliz/milvus2-sdk-node';

const collection_name = 'node_quick_setup';
const address = process.env.MILVUS_URI ?? 'http://localhost:19530';
const token = process.env.MILVUS_TOKEN ?? 'root:Milvus';

// Each row's points another way, so that a search has an order to find.
const vector = row => [1, 2, 3, 4, 5].map(axis => Math.cos(row * axis));

// Most calls of this SDK report what Milvus refuses in their answer, not as an exception.
const succeed = async call => {
  const answer = await call;
  const status = answer.status ?? answer;
  if (status.error_code !== 'Success') throw new Error(status.reason);
  return answer;
};

async function quickSetup() {
  const client = new MilvusClient({ address, token });
  await client.connectPromise;
  if ((await succeed(client.hasCollection({ collection_name }))).value) {
    await succeed(client.dropCollection({ collection_name }));
  }
  await succeed(client.createCollection({ collection_name, dimension: 5, consistency_level: 'Strong' }));

  const data = Array.from({ length: 10 }, (_, row) => ({ id: row, vector: vector(row), text: `row ${row}` }));
  await succeed(client.insert({ collection_name, data }));
  const found = await succeed(client.search({ collection_name, data: vector(3), limit: 3, output_fields: ['text'] }));
  const queried = await succeed(client.query({ collection_name, filter: 'text in ["row 2", "row 4"]', output_fields: ['id'] }));
  await succeed(client.delete({ collection_name, filter: 'id in [0]' }));
  await client.closeConnection();

  console.log('nearest:', found.results.map(hit => hit.text).join(', '));
  console.log('queried:', queried.data.map(row => row.id).join(', '));
}

await trace.getTracer('node-client').startActiveSpan(collection_name, async root => {
  try {
    await quickSetup();
    console.log('trace:', root.spanContext().traceId);
  } catch (failure) {
    root.recordException(failure);
    root.setStatus({ code: SpanStatusCode.ERROR });
    console.error(`Milvus at ${address} (MILVUS_URI): ${failure.message}`);
    process.exitCode = 1;
  } finally {
    root.end();
  }
});
