import { type Attributes, context, isSpanContextValid, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import type { InspectionRecord } from '../inspection/records.js';
import type { InspectedCall, RecordSink, Watcher } from '../inspection/watcher.js';
import { isRecord } from '../types/check.js';
import { invalid, TinkerError } from '../types/errors.js';
import { version } from '../types/version.js';
import { clientAttributes, endSpan, hrTime, type SpanInContext, traceHeaders } from './operation-span.js';

export interface OpenTelemetryOptions {
  /** Makes the spans; default the program's own, by the name `tinkerjs`. */
  readonly tracer?: Tracer | undefined;
  /** Whether phases of an operation are spans below its own, rather than events of it; default false. */
  readonly phases?: boolean | undefined;
}

/**
 * Makes a span of every call: `tinkerjs.forwardBackward` and so on, of kind `CLIENT`, below the span that is active where
 * the call is made. It begins and ends when the operation did, and says its id, its numbers, its bytes, and how it failed
 * (type and message only). Phases and what went otherwise than at once are events of it.
 *
 * Requests carry the headers of the program's propagator, or W3C's `traceparent` and `tracestate` where none is set, so
 * that spans of the server join. A span that is not sampled is passed on as such. Where no SDK is registered nothing is
 * kept and nothing is sent. Spans of operations that never end are ended with their service.
 * @throws TinkerError `validation` where an option is unknown or of the wrong type
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Watcher {
  const { tracer, phases = false } = checked(options);
  return { watch: () => new SpanSink(tracer ?? trace.getTracer('tinkerjs', version), phases) };
}

interface OpenSpan extends SpanInContext {
  headers: Readonly<Record<string, string>> | undefined;
}

const none: Readonly<Record<string, string>> = {};

class SpanSink implements RecordSink {
  readonly #tracer: Tracer;
  readonly #phases: boolean;
  readonly #open = new Map<string, OpenSpan>();
  #server: Attributes = {};

  constructor(tracer: Tracer, phases: boolean) {
    this.#tracer = tracer;
    this.#phases = phases;
  }

  called({ id, kind, group, client, calledAt }: InspectedCall): void {
    const around = context.active();
    const attributes = { 'tinkerjs.operation.id': id, 'tinkerjs.operation.kind': kind, ...clientAttributes(group, client), ...this.#server };
    const span = this.#tracer.startSpan(`tinkerjs.${kind}`, { kind: SpanKind.CLIENT, startTime: hrTime(calledAt), attributes }, around);
    if (!isSpanContextValid(span.spanContext())) return;
    this.#open.set(id, { span, inside: trace.setSpan(around, span), headers: undefined });
  }

  headersOf(operation: string): Readonly<Record<string, string>> {
    const open = this.#open.get(operation);
    if (open === undefined) return none;
    return (open.headers ??= traceHeaders(open));
  }

  write(records: readonly InspectionRecord[]): void {
    for (const record of records) {
      if (record.type === 'service') this.#server = serverAttributes(record.baseUrl);
      if (record.type !== 'operation' || record.endedAt === undefined) continue;
      const open = this.#open.get(record.key);
      if (open === undefined) continue;
      this.#open.delete(record.key);
      if (open.span.isRecording()) endSpan(open, record, record.endedAt, this.#phases ? this.#tracer : undefined);
    }
  }

  end(): void {
    for (const { span } of this.#open.values()) span.end();
    this.#open.clear();
  }
}

/** Where the server is, as OpenTelemetry names it. */
function serverAttributes(baseUrl: string): Attributes {
  const { hostname, port, protocol } = new URL(baseUrl);
  return { 'server.address': hostname, 'server.port': Number(port) || (protocol === 'http:' ? 80 : 443) };
}

const names = ['tracer', 'phases'];

function checked(options: OpenTelemetryOptions): OpenTelemetryOptions {
  if (!isRecord(options)) throw invalid('options', options, 'an object');
  const strange = Object.keys(options).find((name) => !names.includes(name));
  if (strange !== undefined) {
    const field = `options.${strange}`;
    throw new TinkerError('validation', `${field}: there is no such option; the options are ${names.join(', ')}`, { field });
  }
  const { tracer, phases }: Readonly<Record<string, unknown>> = { ...options };
  if (phases !== undefined && typeof phases !== 'boolean') throw invalid('options.phases', phases, 'true or false');
  if (tracer !== undefined && !isTracer(tracer)) throw invalid('options.tracer', tracer, 'a tracer of OpenTelemetry');
  return options;
}

function isTracer(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'startSpan' in value && typeof value.startSpan === 'function';
}
