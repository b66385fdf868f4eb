import { collectDefaultMetrics, Registry } from 'prom-client';
import type { HttpRoute } from './http-server.js';

/** Memory, event loop, garbage collection: of the process, which may run several services. */
let ofProcess: Registry | undefined;

function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess, eventLoopMonitoringPrecision: 50 });
  }
  return ofProcess;
}

/** GET /metrics: what is in the registry after `read` has brought it up to date, and what the process needs. */
export function metricsRoute(registry: Registry, read?: () => Promise<unknown>): HttpRoute {
  return async () => {
    await read?.();
    const texts = await Promise.all([registry, processMetrics()].map((each) => each.metrics()));
    return { headers: { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }, body: `${texts.join('\n')}\n` };
  };
}
