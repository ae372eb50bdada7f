/**
 * Loaded before everything else: `node --import @parapet/telemetry/tracing services/…/dist/main.js`. Instrumentation patches
 * modules as they are loaded, so importing this from the service itself would be too late.
 */
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { startNodeSdk } from '@opentelemetry/sdk-node';
import { onFlushTraces } from './flush-traces.js';

const OWN_PAGES = new Set(['/healthz', '/readyz', '/metrics']);

const environment = process.env;
// Without an address nothing is exported, and nothing is measured for nothing.
if (environment['OTEL_EXPORTER_OTLP_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) {
  // prom-client serves the metrics and pino writes the logs; twice would be once too often.
  environment['OTEL_METRICS_EXPORTER'] = 'none';
  environment['OTEL_LOGS_EXPORTER'] = 'none';
  environment['OTEL_TRACES_EXPORTER'] ??= 'otlp';
  const sdk = startNodeSdk({
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => OWN_PAGES.has(request.url ?? ''),
      }),
      new PgInstrumentation({ requireParentSpan: true }),
      new IORedisInstrumentation({ requireParentSpan: true }),
    ],
  });
  onFlushTraces(() => sdk.shutdown());
}
