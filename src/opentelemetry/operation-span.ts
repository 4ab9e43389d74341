import {
  type Attributes,
  type Context,
  type HrTime,
  propagation,
  type Span,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import type { OperationRecord } from '../inspection/records.js';

/** The span of an operation. */
export interface SpanInContext {
  readonly span: Span;
  /** The context of the call, with this span in it. */
  readonly inside: Context;
}

/** A moment or duration, exact: numbers are taken for moments since the process began where they are small. */
export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}

/** What is known of an operation when it has ended. */
export function attributesOf(record: OperationRecord): Attributes {
  const { key, kind, group, status, seqIds, requestId, bytes, parts, optimStepsBefore, queueState, reason, leftOut } = record;
  const resent = record.marks.filter(({ name }) => name === 'sent again').length;
  const facts = {
    'tinkerjs.operation.id': key,
    'tinkerjs.operation.kind': kind,
    'tinkerjs.operation.status': status,
    'tinkerjs.seq_ids': seqIds === undefined ? undefined : [...seqIds],
    'tinkerjs.request.id': requestId,
    'tinkerjs.request.bytes': bytes,
    'tinkerjs.request.parts': parts,
    'tinkerjs.request.attempts': seqIds === undefined && requestId === undefined ? undefined : resent + 1,
    'tinkerjs.optimizer_steps_before': optimStepsBefore,
    'tinkerjs.queue.state': queueState,
    'tinkerjs.queue.reason': reason,
    'tinkerjs.events_left_out': leftOut,
    'error.type': record.error?.kind,
    ...clientAttributes(group, record.client),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** Whose call it is. */
export function clientAttributes(group: OperationRecord['group'], client: string | undefined): Attributes {
  if (client === undefined) return {};
  return group === 'training' ? { 'tinkerjs.model.id': client } : { 'tinkerjs.sampler.id': client };
}

/** Headers that let the server's spans join: as the program's propagator has them, or W3C's where it has none. */
export function traceHeaders({ span, inside }: SpanInContext): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (propagation.fields().length > 0) {
    propagation.inject(inside, headers, { set: (carrier, name, value) => void (carrier[name.toLowerCase()] = value) });
    return headers;
  }
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  headers['traceparent'] = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const state = traceState?.serialize() ?? '';
  if (state !== '') headers['tracestate'] = state;
  return headers;
}

/** Says on a span what the record says, and ends it. */
export function endSpan({ span, inside }: SpanInContext, record: OperationRecord, endedAt: number, phasesBy: Tracer | undefined): void {
  span.setAttributes(attributesOf(record));
  if (phasesBy === undefined) addPhaseEvents(span, record);
  else addPhaseSpans(inside, record, endedAt, phasesBy);
  for (const { name, ms, why } of record.marks) span.addEvent(name, { 'tinkerjs.reason': why }, hrTime(record.calledAt + ms));
  if (record.error !== undefined) {
    const { kind, message } = record.error;
    span.addEvent('exception', { 'exception.type': kind, 'exception.message': message }, hrTime(endedAt));
    // Who cancels an operation does not wait for it: that is no failure.
    if (record.status !== 'cancelled') span.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  span.end(hrTime(endedAt));
}

function addPhaseEvents(span: Span, { calledAt, phases }: OperationRecord): void {
  for (const { name, ms, reason } of phases) span.addEvent(name, reasonOf(reason), hrTime(calledAt + ms));
}

function addPhaseSpans(inside: Context, { calledAt, phases }: OperationRecord, endedAt: number, tracer: Tracer): void {
  for (const [index, { name, ms, reason }] of phases.entries()) {
    const next = phases[index + 1];
    const startTime = hrTime(calledAt + ms);
    const endTime = hrTime(next === undefined ? endedAt : calledAt + next.ms);
    tracer.startSpan(`tinkerjs.phase.${name}`, { startTime, attributes: reasonOf(reason) }, inside).end(endTime);
  }
}

function reasonOf(reason: string | undefined): Attributes {
  return reason === undefined ? {} : { 'tinkerjs.reason': reason };
}
