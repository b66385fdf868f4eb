import { diag, DiagLogLevel, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type Environment, SettingError } from '@storytelling/shared/infrastructure/environment';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import type { EndedOperation, FetchOutcome } from './watch.js';

// Loaded when somebody asks for traces only: the packages take 40 ms and 10 MB.

interface OperationSpan {
  readonly traceparent: string;
  planning(): (remembered: boolean) => void;
  fetching(subgraph: string): { readonly traceparent: string; ended(outcome: FetchOutcome, status?: number): void };
  ended(name: string, operation: EndedOperation): void;
}

export interface Tracing {
  /** A child of what the client has sent, if that is a traceparent. */
  operation(correlationId: string, traceparent: string | undefined): OperationSpan;
  /** Sends what has not been sent, for at most 2 s. */
  close(): Promise<void>;
}

/** Codes that say that it was us. */
const faults = new Set(['INTERNAL', 'SUBGRAPH_UNAVAILABLE']);

/**
 * A tracer of this gateway's own, of which nothing is global: other services and libraries in the process neither see it nor add to it.
 * Where to send, how, how much and under which name the packages read from the process's OTEL_… variables by themselves.
 */
export function openTracing(environment: Environment, log: Logger): Tracing {
  const protocol = environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || environment.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf';
  if (protocol !== 'http/protobuf' && protocol !== 'http/json')
    throw new SettingError('The setting OTEL_EXPORTER_OTLP_PROTOCOL is wrong: http/protobuf or http/json.');
  // A collector that is away must be heard of somewhere.
  const warn = (message: string) => log.warn({ reason: message }, 'traces');
  diag.setLogger(
    { error: warn, warn, info() {}, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'storytelling-gateway' }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter())],
  });
  const tracer = provider.getTracer('storytelling-gateway');

  return {
    operation(correlationId, received) {
      const span = tracer.startSpan(
        'GraphQL operation',
        { kind: SpanKind.SERVER, attributes: { 'storytelling.correlation_id': correlationId } },
        received ? trace.setSpanContext(ROOT_CONTEXT, contextOf(received)) : ROOT_CONTEXT,
      );
      const within = trace.setSpan(ROOT_CONTEXT, span);
      return {
        traceparent: traceparentOf(span),
        planning() {
          const plan = tracer.startSpan('plan', {}, within);
          return (remembered) => plan.setAttribute('graphql.plan.remembered', remembered).end();
        },
        fetching(subgraph) {
          const fetch = tracer.startSpan(
            `fetch ${subgraph}`,
            { kind: SpanKind.CLIENT, attributes: { 'graphql.subgraph.name': subgraph } },
            within,
          );
          return {
            traceparent: traceparentOf(fetch),
            ended(outcome, status) {
              if (status !== undefined) fetch.setAttribute('http.response.status_code', status);
              if (outcome !== 'answered') fetch.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
              fetch.end();
            },
          };
        },
        ended(name, { type, codes }) {
          span.updateName(type ? `${type} ${name}` : 'GraphQL operation');
          span.setAttributes({
            ...(type && { 'graphql.operation.type': type, 'graphql.operation.name': name }),
            ...(codes.length > 0 && { 'graphql.error.codes': [...new Set(codes)] }),
          });
          if (codes.some((code) => faults.has(code))) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    async close() {
      await Promise.race([provider.shutdown(), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]).catch((error: unknown) =>
        warn(error instanceof Error ? error.message : String(error)),
      );
    },
  };
}

/** `00-<trace>-<parent>-<flags>`. */
function contextOf(traceparent: string) {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
