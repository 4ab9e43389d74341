import { create, toBinary } from '@bufbuild/protobuf';
import { ForwardBackwardOutputSchema, SampleResponseSchema } from '../../src/wire/proto/tinker_public_pb.js';

/** What the server says. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  const text = JSON.stringify(body);
  return { status, headers: { 'content-type': 'application/json', 'content-length': String(text.length), ...headers }, body: text };
}

export function refusal(status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return json({ detail }, status, headers);
}

function protobuf(body: Uint8Array): Reply {
  return { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body };
}

function floats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

function offsetsOf(values: readonly number[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
}

const passes = new Map<number, { readonly binary: Reply; readonly text: Reply }>();

/** The result of a pass over so many datums of one target each. */
export function passResult(datums: number): { readonly binary: Reply; readonly text: Reply } {
  const known = passes.get(datums);
  if (known !== undefined) return known;
  const offsets = Array.from({ length: datums + 1 }, (_, index) => index * 4);
  const binary = toBinary(
    ForwardBackwardOutputSchema,
    create(ForwardBackwardOutputSchema, {
      lossFnOutputType: 'ArrayRecord',
      lossFnOutputs: [
        { fields: { logprobs: { data: floats(offsets.slice(1).map(() => -0.5)), offsets: offsetsOf(offsets), dtype: 1 } }, numDatums: BigInt(datums) },
      ],
      metrics: { 'loss:sum': 0.5 },
    }),
  );
  const outputs = offsets.slice(1).map(() => ({ logprobs: { data: [-0.5], dtype: 'float32', shape: [1] } }));
  const text = json({ loss_fn_output_type: 'ArrayRecord', loss_fn_outputs: outputs, metrics: { 'loss:sum': 0.5 } });
  const made = { binary: protobuf(binary), text };
  passes.set(datums, made);
  return made;
}

const sequence = { stopReason: 1, tokens: new Uint8Array(Int32Array.of(5).buffer), logprobs: floats([-0.5]) };
const sample = create(SampleResponseSchema, { sequences: [sequence], promptLogprobs: floats([Number.NaN, -0.25]) });

/** The result of a sample of one token. */
export const sampleResult = {
  binary: protobuf(toBinary(SampleResponseSchema, sample)),
  text: json({ sequences: [{ stop_reason: 'length', tokens: [5], logprobs: [-0.5] }], prompt_logprobs: [null, -0.25] }),
};
