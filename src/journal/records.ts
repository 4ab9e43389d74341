import * as t from 'io-ts';

/** The version that is written; newer ones are refused. */
export const journalVersion = 1;

const Numbers = t.readonlyArray(t.number);

/** The first line: which model the rest is about, and what was known when the file was written. */
export const HeaderRecord = t.strict({
  type: t.literal('header'),
  version: t.number,
  /** Name and version of the package that wrote it. */
  client: t.string,
  /** Milliseconds since 1970. */
  createdAt: t.number,
  /** Without anything secret: URLs with a user name or a query are refused. */
  baseUrl: t.string,
  sessionId: t.string,
  modelId: t.string,
  /** How often a client went on with this journal. */
  resumed: t.number,
  /** What the model was created with. */
  model: t.UnknownRecord,
  /** Optimizer steps that are done. */
  step: t.number,
  nextSeqId: t.number,
  /** Numbers below that which no request had. */
  spareSeqIds: Numbers,
});
export type HeaderRecord = t.TypeOf<typeof HeaderRecord>;

/** A request of an operation is about to leave. */
export const IntentRecord = t.intersection([
  t.strict({
    type: t.literal('intent'),
    /** The operation's id in the process that wrote it. */
    id: t.string,
    kind: t.string,
    /** The numbers of all parts of the operation; the least names it here. */
    seqIds: Numbers,
    /** Which of these this request has. */
    seqId: t.number,
    /** Where it goes. */
    path: t.string,
    /** Optimizer steps that go before it, as far as they do not fail. */
    stepsBefore: t.number,
    /** What it asks for, as the server is told when the result is asked for. */
    requestType: t.string,
    /** SHA-256 of the body, in hex. */
    digest: t.string,
    idempotencyKey: t.string,
  }),
  // Of a request without data, so that it can be sent again without its caller.
  t.partial({ body: t.string }),
]);
export type IntentRecord = t.TypeOf<typeof IntentRecord>;

/** The server has taken a request. */
export const AcceptedRecord = t.strict({ type: t.literal('accepted'), seqId: t.number, requestId: t.string });
export type AcceptedRecord = t.TypeOf<typeof AcceptedRecord>;

/**
 * How an operation ended: `done`; `failed` on the server, or `refused` by it, without effect; `skipped` by
 * the user while it was not clear whether the server has it; `stepped`: an optimizer step after it is done, and
 * its own end is not known yet.
 */
export const SettledRecord = t.strict({
  type: t.literal('settled'),
  /** The operation's least number. */
  seqId: t.number,
  outcome: t.keyof({ done: null, failed: null, refused: null, skipped: null, stepped: null }),
});
export type SettledRecord = t.TypeOf<typeof SettledRecord>;

/** A checkpoint is there to go back to. */
export const CheckpointRecord = t.intersection([
  t.strict({
    type: t.literal('checkpoint'),
    /** `tinker://RUN/weights/NAME`. */
    path: t.string,
    /** Optimizer steps that it holds. */
    step: t.number,
    /** Whether its optimizer state belongs to the run. */
    optimizer: t.boolean,
  }),
  t.partial({
    /** Number of the save among the requests of this model; absent of one of an earlier model. */
    seqId: t.number,
    /** It was loaded, not saved. */
    isLoad: t.boolean,
    /** Milliseconds since 1970. */
    expiresAt: t.number,
  }),
]);
export type CheckpointRecord = t.TypeOf<typeof CheckpointRecord>;

/** What the model holds is not what its trainer asked for: only a checkpoint helps. */
export const LostRecord = t.strict({ type: t.literal('lost'), why: t.string });

/** Nobody will go on with this journal. */
export const EndedRecord = t.strict({ type: t.literal('ended'), why: t.string });

/** One line of a journal. */
export const JournalRecord = t.union([IntentRecord, AcceptedRecord, SettledRecord, CheckpointRecord, LostRecord, EndedRecord, HeaderRecord]);
export type JournalRecord = t.TypeOf<typeof JournalRecord>;
