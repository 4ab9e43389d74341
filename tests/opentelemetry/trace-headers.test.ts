import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, createTraceState, propagation, ROOT_CONTEXT, type Context, type ContextManager, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { openTelemetry } from '../../src/opentelemetry/index.js';
import type { RecordSink } from '../../src/inspection/watcher.js';
import { morning, record, watched } from '../support/inspection/few-records.js';

const exporter = new InMemorySpanExporter();
let active: Context = ROOT_CONTEXT;
/** Whatever the test says is active. */
const contexts: ContextManager = {
  active: () => active,
  with: (_inside, run, self, ...args) => run.call(self, ...args),
  bind: (_inside, target) => target,
  enable: () => contexts,
  disable: () => contexts,
};

beforeEach(() => {
  context.setGlobalContextManager(contexts);
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
});
afterEach(() => {
  active = ROOT_CONTEXT;
  trace.disable();
  context.disable();
  propagation.disable();
  exporter.reset();
});

function called(options: Parameters<typeof openTelemetry>[0] = {}): RecordSink {
  const sink = openTelemetry(options).watch(watched());
  sink.called?.({ id: 'op-1', kind: 'sample', group: 'sampling', client: 'p1', calledAt: morning });
  return sink;
}

const end = (sink: RecordSink) => sink.write([record.operation({ endedAt: morning + 1 })]);

/** The context of the one span that was made. */
function spanContext(): SpanContext {
  const [span] = exporter.getFinishedSpans();
  if (span === undefined) throw new Error('no span was made');
  return span.spanContext();
}

describe('headers of an operation', () => {
  it('name its span as W3C says where the program has no propagator', () => {
    const sink = called();
    const headers = sink.headersOf?.('op-1');
    end(sink);
    const { traceId, spanId } = spanContext();
    expect(headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
  });

  it('pass on the state of the trace', () => {
    const traceState = createTraceState('vendor=1');
    active = trace.setSpanContext(ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED, traceState });
    const headers = called().headersOf?.('op-1');
    expect(headers).toEqual({ traceparent: expect.stringMatching(/^00-a{32}-(?!b{16})[0-9a-f]{16}-01$/), tracestate: 'vendor=1' });
  });

  it('say that a span is not sampled, so that the server does not either', () => {
    const tracer = new BasicTracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('off');
    expect(called({ tracer }).headersOf?.('op-1')).toEqual({ traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/) });
  });

  it('are those of the program\'s propagator, with the context of the call, in small letters', () => {
    const baggage = propagation.createBaggage({ run: { value: 'seven' } });
    propagation.setGlobalPropagator({
      fields: () => ['X-Trace', 'X-Run'],
      extract: (inside) => inside,
      inject: (inside, carrier, setter) => {
        setter.set(carrier, 'X-Trace', trace.getSpanContext(inside)?.spanId ?? 'none');
        setter.set(carrier, 'X-Run', propagation.getBaggage(inside)?.getEntry('run')?.value ?? 'none');
      },
    });
    active = propagation.setBaggage(ROOT_CONTEXT, baggage);
    const sink = called();
    active = ROOT_CONTEXT;
    const headers = sink.headersOf?.('op-1');
    end(sink);
    expect(headers).toEqual({ 'x-trace': spanContext().spanId, 'x-run': 'seven' });
  });

  it('are none where the program\'s propagator wants none', () => {
    propagation.setGlobalPropagator({ fields: () => ['traceparent'], extract: (inside) => inside, inject: () => undefined });
    expect(called().headersOf?.('op-1')).toEqual({});
  });

  it('are the same for each of its requests', () => {
    let times = 0;
    propagation.setGlobalPropagator({
      fields: () => ['x-times'],
      extract: (inside) => inside,
      inject: (_inside, carrier, setter) => setter.set(carrier, 'x-times', String((times += 1))),
    });
    const sink = called();
    expect([sink.headersOf?.('op-1'), sink.headersOf?.('op-1')]).toEqual([{ 'x-times': '1' }, { 'x-times': '1' }]);
  });

  it('are none for operations that are not open', () => {
    const sink = called();
    expect(sink.headersOf?.('op-2')).toEqual({});
    end(sink);
    expect(sink.headersOf?.('op-1')).toEqual({});
  });

  it('are none where no SDK is registered', () => {
    trace.disable();
    const sink = called();
    expect(sink.headersOf?.('op-1')).toEqual({});
    end(sink);
    void sink.end();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('pass the caller\'s trace through where no SDK is registered', () => {
    trace.disable();
    active = trace.setSpanContext(ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.NONE });
    expect(called().headersOf?.('op-1')).toEqual({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` });
  });
});
