import * as E from 'fp-ts/lib/Either.js';
import { refusesSparse } from './encoding-choice.js';
import type { ByteBudget } from '../machines/byte-budget.js';
import type { Wait } from '../machines/work.js';
import type { EncodablePart, PartMemory, PassEncoder, Sent } from './pass-encoder.js';
import { noResult, partsWork, type Part, type Sender, type TrainingWork, type Transmit } from './training-work.js';
import { inTurns } from './turns.js';
import type { EncodedBody } from '../types/attempt.js';
import type { ClientConfig } from '../types/service.js';
import type { ForwardBackwardOutput } from '../types/training.js';
import type { Chunk } from '../wire/chunking.js';
import { combineOutputs } from '../wire/combine.js';
import { checkSparse, firstMatrix, isSparse, withoutSparse } from '../wire/flat-pass.js';
import type { Pass } from '../wire/pass-body.js';
import { passDialects, type PassEncoding } from '../wire/pass-dialects.js';
import { checkJsonPass } from '../wire/pass-json.js';
import { decodePassResult } from '../wire/pass-result.js';
import { atOnce, oneEachTurn, type Steps } from '../wire/steps.js';
import { compressZstd } from '../wire/zstd.js';

/** What the passes of a client go through: its transport, the server's limits, and what the service shares. */
export interface PassSender extends Sender {
  readonly limits: ClientConfig;
  readonly encoder: PassEncoder;
  /** Room for chunks on their way to the server (wire protocol §4.7). */
  readonly dispatchBudget: ByteBudget;
}

/** A pass over data, in as many requests as the limits ask for. */
export function passWork(sender: PassSender, pass: Pass, chunks: readonly Chunk[]): TrainingWork<ForwardBackwardOutput> {
  // The chunks of a large pass are not all to be held as bodies at one time.
  const inTurn: Turns = chunks.length > 1 ? inTurns() : (write) => write();
  const parts = chunks.map((chunk) => passPart(sender, pass, chunk, inTurn));
  const { work, results, matches } = partsWork(sender, pass.forwardOnly ? 'Forward' : 'ForwardBackward', parts);
  return {
    work,
    matches,
    bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
    parts: parts.length,
    result: joinedResult(results, parts.length),
  };
}

/** What a body may be written as; `dense`: in protobuf, without sparse tensors. */
const bodyForms = ['protobuf', 'json', 'dense'] as const;
type BodyForm = (typeof bodyForms)[number];

type Turns = ReturnType<typeof inTurns>;

function passPart(
  { modelId, limits, encoder, dispatchBudget }: PassSender,
  pass: Pass,
  chunk: Chunk,
  inTurn: Turns,
): Part<ForwardBackwardOutput> {
  const dialects = passDialects(limits.protoCompressFwdbwd ? compressZstd : undefined);
  const hasSparse = chunk.data.some(isSparse);
  const bodies = new Map<BodyForm, Promise<EncodedBody>>();
  const dialectOf = (form: BodyForm) => dialects[form === 'dense' ? 'protobuf' : form];
  const write = (form: BodyForm, seqId: number): Steps<EncodedBody> => {
    const data = form === 'dense' ? chunk.data.map(withoutSparse) : chunk.data;
    return dialectOf(form).write({ ...pass, data }, modelId, seqId);
  };
  /** Undefined where a form cannot carry it. */
  const checkedBody = (form: BodyForm, seqId: number): EncodedBody | undefined => {
    try {
      if (form === 'json') checkJsonPass(pass);
      if (form === 'dense') checkSparse(pass.data);
      return atOnce(write(form, seqId));
    } catch {
      return undefined;
    }
  };
  const bodyIn = (form: BodyForm, seqId: number): Promise<EncodedBody> => {
    // Kept while it is written: an attempt that is given up meanwhile is followed by one that sends the same.
    const body = bodies.get(form) ?? inTurn(() => oneEachTurn(write(form, seqId)));
    bodies.set(form, body);
    return body;
  };
  const memory: PartMemory = {};
  const sendIn = async (encoding: PassEncoding, seqId: number, transmit: Transmit): Promise<Sent> => {
    const path = dialects[encoding].path(pass);
    const matrix = encoding === 'json' ? firstMatrix(pass.data) : undefined;
    if (matrix !== undefined) encoder.warnOfMatrix(matrix);
    if (encoding === 'json' || !hasSparse) return transmit(path, await bodyIn(encoding, seqId));
    if (encoder.takesSparse) {
      const sent = await transmit(path, await bodyIn('protobuf', seqId));
      if (E.isRight(sent) || !refusesSparse(sent.left)) return sent;
      encoder.refuseSparse();
    }
    checkSparse(pass.data);
    return transmit(path, await bodyIn('dense', seqId));
  };
  const encodable = (seqId: number, transmit: Transmit): EncodablePart => ({
    send: (encoding) => sendIn(encoding, seqId, transmit),
    checkJson: () => checkJsonPass(pass),
    memory,
  });
  return {
    waits: () => (dispatchBudget.balance < 0 ? waitForRoom(dispatchBudget) : encoder.waits(memory)),
    send: async (seqId, transmit, signal) => {
      // Taken in the same moment in which nothing had to be waited for.
      const leave = dispatchBudget.take(chunk.bytes);
      try {
        const sent = await encoder.send(encodable(seqId, transmit), signal);
        // What was taken is not sent again.
        if (E.isRight(sent)) bodies.clear();
        return sent;
      } finally {
        leave();
      }
    },
    decode: decodePassResult,
    matches: (seqId, path, fits) => {
      const forms = bodyForms.filter((form) => (form !== 'dense' || hasSparse) && dialectOf(form).path(pass) === path);
      return forms.some((form) => {
        const body = checkedBody(form, seqId);
        if (body === undefined || !fits(body)) return false;
        bodies.set(form, Promise.resolve(body));
        if (form === 'dense') encoder.refuseSparse();
        memory.bound = form === 'json' ? 'json' : 'protobuf';
        return true;
      });
    },
  };
}


/** Takes none: when its turn comes, a chunk looks again. */
function waitForRoom(budget: ByteBudget): Wait {
  return async (signal) => {
    const leave = await budget.reserve(0, signal);
    leave();
  };
}

/** Made apart from the pass, so that what is kept until the result is read does not hold the data. */
function joinedResult(results: ReadonlyMap<number, ForwardBackwardOutput>, parts: number): TrainingWork<ForwardBackwardOutput>['result'] {
  return () => {
    const outputs = Array.from({ length: parts }, (_, part) => results.get(part) ?? []).flat();
    return outputs.length === parts ? combineOutputs(outputs) : E.left(noResult(`${parts - outputs.length} of its ${parts} requests`));
  };
}
