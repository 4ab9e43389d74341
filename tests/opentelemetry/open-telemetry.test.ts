import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Context, context, type ContextManager, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { openTelemetry, type OpenTelemetryOptions } from '../../src/opentelemetry/index.js';
import type { OperationRecord } from '../../src/inspection/records.js';
import type { RecordSink } from '../../src/inspection/watcher.js';
import { version } from '../../src/types/version.js';
import { morning, record, watched } from '../support/inspection/few-records.js';
import { untyped } from '../support/untyped.js';

/** The context manager that SDKs for Node register. */
class LocalContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(inside: Context, run: F, _self?: ThisParameterType<F>, ...args: A): ReturnType<F> {
    return this.#storage.run(inside, () => run(...args));
  }
  bind<T>(_inside: Context, target: T): T {
    return target;
  }
  enable(): this {
    return this;
  }
  disable(): this {
    return this;
  }
}

const exporter = new InMemorySpanExporter();
beforeEach(() => {
  context.setGlobalContextManager(new LocalContexts());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
});
afterEach(() => {
  trace.disable();
  context.disable();
  exporter.reset();
});

function call(sink: RecordSink, { key: id, kind, group, client, calledAt }: OperationRecord): void {
  sink.called?.({ id, kind, group, client, calledAt });
}

/** The spans of operations that were called and ended. */
function spansOf(operations: readonly OperationRecord[], options?: OpenTelemetryOptions): ReadableSpan[] {
  const sink = openTelemetry(options).watch(watched());
  sink.write([record.service()]);
  for (const operation of operations) call(sink, operation);
  sink.write(operations);
  return exporter.getFinishedSpans();
}

const ended = (facts: Partial<Omit<OperationRecord, 'type'>> = {}) => record.operation({ key: 'op-1', status: 'done', endedAt: morning + 250.5, ...facts });
const moment = (ms: number) => [morning / 1_000, ms * 1_000_000];

describe('the span of an operation', () => {
  it('is named after the call, and lasts exactly as long', () => {
    const [span] = spansOf([ended({ calledAt: morning + 0.25 })]);
    expect(span).toMatchObject({ name: 'tinkerjs.forwardBackward', kind: SpanKind.CLIENT, startTime: moment(0.25), endTime: moment(250.5), status: { code: SpanStatusCode.UNSET } });
    expect(span?.instrumentationScope).toMatchObject({ name: 'tinkerjs', version });
  });

  it('says what is known of the operation, under the names that OpenTelemetry has for it', () => {
    const facts = { seqIds: [4, 5], requestId: 'r1', bytes: 9, parts: 2, optimStepsBefore: 3, queueState: 'active', reason: 'none', leftOut: 6 } as const;
    const [span] = spansOf([ended({ ...facts, marks: [{ name: 'sent again', ms: 1, why: 'HTTP 503' }, { name: 'poll failed', ms: 2, why: 'HTTP 503' }] })]);
    expect(span?.attributes).toEqual({
      'server.address': 'tinker.test', 'server.port': 443,
      'tinkerjs.operation.id': 'op-1', 'tinkerjs.operation.kind': 'forwardBackward', 'tinkerjs.operation.status': 'done', 'tinkerjs.model.id': 'm1',
      'tinkerjs.seq_ids': [4, 5], 'tinkerjs.request.id': 'r1', 'tinkerjs.request.bytes': 9, 'tinkerjs.request.parts': 2, 'tinkerjs.request.attempts': 2,
      'tinkerjs.optimizer_steps_before': 3, 'tinkerjs.queue.state': 'active', 'tinkerjs.queue.reason': 'none', 'tinkerjs.events_left_out': 6,
    });
  });

  it('leaves out what is not known', () => {
    const spans = spansOf([record.ofService({ endedAt: morning }), ended({ key: 'op-2', kind: 'sample', group: 'sampling', client: 'p1', requestId: 'r2' })]);
    expect(spans[0]?.attributes).toEqual({
      'server.address': 'tinker.test', 'server.port': 443, 'tinkerjs.operation.id': 'op-1', 'tinkerjs.operation.kind': 'createModel', 'tinkerjs.operation.status': 'done',
    });
    expect(spans[1]?.attributes).toMatchObject({ 'tinkerjs.sampler.id': 'p1', 'tinkerjs.request.attempts': 1 });
    expect(spans[1]?.attributes).not.toHaveProperty('tinkerjs.model.id');
  });

  it.each([
    ['http://127.0.0.1:8000', '127.0.0.1', 8000],
    ['http://tinker.test/x', 'tinker.test', 80],
  ])('names the server %s', (baseUrl, address, port) => {
    const sink = openTelemetry().watch(watched());
    sink.write([record.service({ baseUrl })]);
    call(sink, ended());
    sink.write([ended()]);
    expect(exporter.getFinishedSpans()[0]?.attributes).toMatchObject({ 'server.address': address, 'server.port': port });
  });

  it('is below the span that is active where the call is made', () => {
    const sink = openTelemetry().watch(watched());
    const tracer = trace.getTracer('program');
    const step = tracer.startSpan('step');
    context.with(trace.setSpan(context.active(), step), () => call(sink, ended()));
    call(sink, ended({ key: 'op-2' }));
    sink.write([ended(), ended({ key: 'op-2' })]);
    const [below, alone] = exporter.getFinishedSpans();
    expect(below?.parentSpanContext?.spanId).toBe(step.spanContext().spanId);
    expect(below?.spanContext().traceId).toBe(step.spanContext().traceId);
    expect(alone?.parentSpanContext).toBeUndefined();
  });

  it('has its phases and marks as events', () => {
    const phases = [{ name: 'sending', ms: 0 }, { name: 'paused', ms: 10, reason: 'rate limit' }] as const;
    const [span] = spansOf([ended({ phases, marks: [{ name: 'sent again', ms: 5.5, why: 'HTTP 503' }] })]);
    expect(span?.events.map(({ name, attributes, time }) => [name, attributes, time])).toEqual([
      ['sending', {}, moment(0)],
      ['paused', { 'tinkerjs.reason': 'rate limit' }, moment(10)],
      ['sent again', { 'tinkerjs.reason': 'HTTP 503' }, moment(5.5)],
    ]);
  });

  it('has its phases as spans where that is asked for', () => {
    const phases = [{ name: 'sending', ms: 0 }, { name: 'paused', ms: 10, reason: 'rate limit' }] as const;
    const spans = spansOf([ended({ phases })], { phases: true });
    const operation = spans.at(-1);
    expect(operation?.events).toEqual([]);
    expect(spans.slice(0, -1)).toMatchObject([
      { name: 'tinkerjs.phase.sending', kind: SpanKind.INTERNAL, startTime: moment(0), endTime: moment(10), attributes: {} },
      { name: 'tinkerjs.phase.paused', startTime: moment(10), endTime: moment(250.5), attributes: { 'tinkerjs.reason': 'rate limit' } },
    ]);
    expect(spans.slice(0, -1).map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(Array(2).fill(operation?.spanContext().spanId));
  });

  it('has failed as the operation has, with type and message only', () => {
    const [span] = spansOf([ended({ status: 'failed', error: { kind: 'timeout', message: 'No answer.' } })]);
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'No answer.' });
    expect(span?.attributes).toMatchObject({ 'error.type': 'timeout', 'tinkerjs.operation.status': 'failed' });
    expect(span?.events.map(({ name, attributes, time }) => [name, attributes, time])).toEqual([
      ['exception', { 'exception.type': 'timeout', 'exception.message': 'No answer.' }, moment(250.5)],
    ]);
  });

  it('has not failed where the operation was cancelled', () => {
    const [span] = spansOf([ended({ status: 'cancelled', error: { kind: 'cancelled', message: 'Cancelled.' } })]);
    expect(span?.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span?.attributes).toMatchObject({ 'error.type': 'cancelled' });
  });
});

describe('spans', () => {
  it('end once, and only those of operations that were called', () => {
    const sink = openTelemetry().watch(watched());
    call(sink, ended());
    sink.write([record.operation(), record.metrics()]);
    expect(exporter.getFinishedSpans()).toEqual([]);
    sink.write([ended(), ended(), ended({ key: 'never called' })]);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });

  it('end with their service where their operations do not', () => {
    const sink = openTelemetry().watch(watched());
    call(sink, record.operation());
    call(sink, record.operation({ key: 'op-2' }));
    void sink.end();
    expect(exporter.getFinishedSpans().map(({ attributes }) => attributes['tinkerjs.operation.id'])).toEqual(['op-1', 'op-2']);
    void sink.end();
    sink.write([ended()]);
    expect(exporter.getFinishedSpans()).toHaveLength(2);
  });

  it('are made by the tracer that is given', () => {
    const own = new InMemorySpanExporter();
    const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(own)] }).getTracer('own');
    expect(spansOf([ended()], { tracer })).toEqual([]);
    expect(own.getFinishedSpans()).toHaveLength(1);
  });

  it('say nothing where they are not sampled', () => {
    const provider = new BasicTracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [new SimpleSpanProcessor(exporter)] });
    expect(spansOf([ended({ phases: [{ name: 'sending', ms: 0 }] })], { tracer: provider.getTracer('off'), phases: true })).toEqual([]);
  });

  it.each<readonly [string, string, string]>([
    ['{ "phases": "yes" }', 'options.phases', 'options.phases: got "yes", expected true or false'],
    ['{ "tracer": {} }', 'options.tracer', 'options.tracer: got an object, expected a tracer of OpenTelemetry'],
    ['{ "tracer": null }', 'options.tracer', 'options.tracer: got null, expected a tracer of OpenTelemetry'],
    ['{ "spans": true }', 'options.spans', 'options.spans: there is no such option; the options are tracer, phases'],
    ['[]', 'options', 'options: got an array of 0, expected an object'],
  ])('are refused with %s', (options, field, message) => {
    expect(() => openTelemetry(untyped<OpenTelemetryOptions>(options))).toThrow(expect.objectContaining({ kind: 'validation', field, message }));
  });
});
