import * as E from 'fp-ts/lib/Either.js';
import type { ByteBudget } from './machines/byte-budget.js';
import type { EncodablePart, PartMemory, PassEncoder } from './pass-encoder.js';
import { noResult, partsWork, type Part, type Sender, type TrainingWork, type Transmit } from './training-work.js';
import type { EncodedBody } from './types/attempt.js';
import type { ClientConfig } from './types/service.js';
import type { ForwardBackwardOutput } from './types/training.js';
import type { Chunk } from './wire/chunking.js';
import { combineOutputs } from './wire/combine.js';
import type { Pass } from './wire/pass-body.js';
import { passDialects, type PassEncoding } from './wire/pass-dialects.js';
import { checkJsonPass } from './wire/pass-json.js';
import { decodePassResult } from './wire/pass-result.js';
import { compressZstd } from './wire/zstd.js';

/** What the passes of a client go through: its transport, the server's limits, and what the service shares. */
export interface PassSender extends Sender {
  readonly limits: ClientConfig;
  readonly encoder: PassEncoder;
  /** Room for chunks on their way to the server (wire protocol §4.7). */
  readonly dispatchBudget: ByteBudget;
}

/** A pass over data, in as many requests as the limits ask for. */
export function passWork(sender: PassSender, pass: Pass, chunks: readonly Chunk[]): TrainingWork<ForwardBackwardOutput> {
  const parts = chunks.map((chunk) => passPart(sender, pass, chunk));
  const { work, results } = partsWork(sender, pass.forwardOnly ? 'Forward' : 'ForwardBackward', parts);
  return {
    work,
    bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
    parts: parts.length,
    result: joinedResult(results, parts.length),
  };
}

function passPart({ modelId, limits, encoder, dispatchBudget }: PassSender, pass: Pass, chunk: Chunk): Part<ForwardBackwardOutput> {
  const dialects = passDialects(limits.protoCompressFwdbwd ? compressZstd : undefined);
  const bodies = new Map<PassEncoding, EncodedBody>();
  const bodyIn = (encoding: PassEncoding, seqId: number): EncodedBody => {
    const body = bodies.get(encoding) ?? dialects[encoding].encode({ ...pass, data: chunk.data }, modelId, seqId);
    bodies.set(encoding, body);
    return body;
  };
  const memory: PartMemory = {};
  const encodable = (seqId: number, transmit: Transmit): EncodablePart => ({
    send: async (encoding) => transmit(dialects[encoding].path(pass), bodyIn(encoding, seqId)),
    checkJson: () => checkJsonPass(pass),
    memory,
  });
  return {
    send: async (seqId, transmit, signal) => {
      const leave = await dispatchBudget.reserve(chunk.bytes, signal);
      try {
        return await encoder.send(encodable(seqId, transmit), signal);
      } finally {
        leave();
      }
    },
    decode: decodePassResult,
  };
}

/** Made apart from the pass, so that what is kept until the result is read does not hold the data. */
function joinedResult(results: ReadonlyMap<number, ForwardBackwardOutput>, parts: number): TrainingWork<ForwardBackwardOutput>['result'] {
  return () => {
    const outputs = Array.from({ length: parts }, (_, part) => results.get(part) ?? []).flat();
    return outputs.length === parts ? combineOutputs(outputs) : E.left(noResult(`${parts - outputs.length} of its ${parts} requests`));
  };
}
