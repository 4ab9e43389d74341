import { endpointOf } from '../support/scripted-server.js';

/** What goes wrong with a request. */
export type Fault = 'reset' | 'lost' | 'stall' | 'garbled' | 'refused' | 'conflict' | 'busy' | 'failing' | 'billing';
/** What goes wrong with a poll. */
export type PollFault = 'reset' | 'stall' | 'garbled' | 'pending' | 'capacity' | 'failed' | 'expired' | 'failing' | 'billing' | 'announced';

/** One request of an operation, as often as it is sent. */
interface Submission {
  readonly mark: number;
  readonly seqId: number;
  readonly text: string;
  /** Whether the server has said yes or no. */
  answer: 'none' | 'taken' | 'refused';
  isGivenUp: boolean;
  /** Whether an attempt ended in a way that leaves open whether it was taken. */
  isDoubtful: boolean;
  requestId: string | undefined;
}

/**
 * The protocol half of a server, with a ledger in place of the engine. It executes by number as servers do,
 * and notes whatever breaks the rules of a queue. Every operation carries a mark in its data: its place among
 * the calls.
 */
export class LedgerServer {
  readonly faults: Fault[] = [];
  readonly pollFaults: PollFault[] = [];
  /** Marks and numbers in the order in which they were executed. */
  readonly executed: { readonly mark: number; readonly seqId: number }[] = [];
  /** Rules that were broken. */
  readonly broken: string[] = [];
  isDown = false;
  /** Requests that the server has in hand; those that it will never answer apart. */
  busy = 0;
  /** All that have no answer yet, those that stall included. */
  open = 0;
  submitted = 0;
  readonly #submissions = new Map<number, Submission>();
  readonly #missed = new Set<number>();
  readonly #underway = new Map<number, number>();
  readonly #results = new Map<string, Submission | number>();
  readonly #asked = new Map<string, number>();
  readonly #hangUps = new Set<() => void>();
  readonly #parts: (mark: number) => number;
  readonly #isOver: (mark: number) => boolean;
  #mark = 0;
  #next = 1;
  #ids = 0;

  /** @param parts how many requests an operation is sent as; `isOver`: whether its caller has given it up */
  constructor(parts: (mark: number) => number, isOver: (mark: number) => boolean) {
    this.#parts = parts;
    this.#isOver = isOver;
  }

  /** The numbers that were sent so far, those included that nobody was there to take: they are left out for good (wire protocol §4.2). */
  get numbers(): number[] {
    return [...new Set([...this.#submissions.keys(), ...this.#missed])].sort((a, b) => a - b);
  }

  /** Everybody who waits is cut off; nothing is lost that was taken. */
  crash(): void {
    this.isDown = true;
    for (const hangUp of this.#hangUps) hangUp();
  }

  /** From now on everything goes well. */
  heal(): void {
    this.isDown = false;
    this.faults.length = 0;
    this.pollFaults.length = 0;
  }

  /** The user has given up what was unclear. */
  skipped(): void {
    for (const submission of this.#submissions.values()) if (submission.answer === 'none') submission.isGivenUp = true;
    this.#mark += 0.5;
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { signal } = request;
    this.busy += 1;
    this.open += 1;
    let isBusy = true;
    const idle = () => {
      if (isBusy) this.busy -= 1;
      isBusy = false;
    };
    let hangUp = () => undefined;
    const cut = new Promise<never>((_, reject) => {
      hangUp = () => {
        reject(lostConnection('ECONNRESET'));
        return undefined;
      };
      this.#hangUps.add(hangUp);
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true });
    });
    cut.catch(() => undefined);
    try {
      const text = await request.text();
      if (this.isDown) {
        const [, missed] = /"seq_id":(\d+)/.exec(text) ?? [];
        if (missed !== undefined && !request.url.endsWith('asample')) this.#missed.add(Number(missed));
        throw lostConnection('ECONNREFUSED');
      }
      const stall = () => {
        idle();
        return cut;
      };
      return await Promise.race([this.#answer(endpointOf({ path: new URL(request.url).pathname }), text, stall), cut]);
    } finally {
      idle();
      this.open -= 1;
      this.#hangUps.delete(hangUp);
    }
  };

  async #answer(endpoint: string, text: string, stall: () => Promise<never>): Promise<Response> {
    const body: Readonly<Record<string, unknown>> = text === '' ? {} : JSON.parse(text);
    switch (endpoint) {
      case 'client/config':
        return Response.json({ fwdbwd_max_chunk_len: 1 });
      case 'create_session':
        return Response.json({ session_id: 'S' });
      case 'create_sampling_session':
        return Response.json({ sampling_session_id: 'S:sample:0' });
      case 'create_model':
        return this.#receipt(0);
      case 'retrieve_future':
        return this.#poll(String(body['request_id']), body['allow_metadata_only'] === true, stall);
      case 'asample':
        return this.#sample(text, stall);
      case 'forward':
      case 'forward_backward':
      case 'optim_step':
      case 'save_weights':
      case 'save_weights_for_sampler':
      case 'load_weights':
        return this.#submit(text, Number(body['seq_id']), stall);
      default:
        return Response.json({});
    }
  }

  async #submit(text: string, seqId: number, stall: () => Promise<never>): Promise<Response> {
    const mark = markOf(text);
    this.submitted += 1;
    this.#judge(mark, seqId, text);
    const submission = this.#submissions.get(seqId) ?? { mark, seqId, text, answer: 'none', isGivenUp: false, isDoubtful: false, requestId: undefined };
    this.#submissions.set(seqId, submission);
    this.#underway.set(seqId, (this.#underway.get(seqId) ?? 0) + 1);
    try {
      return await this.#decide(submission, stall);
    } finally {
      this.#underway.set(seqId, (this.#underway.get(seqId) ?? 1) - 1);
    }
  }

  async #decide(submission: Submission, stall: () => Promise<never>): Promise<Response> {
    const fault = this.faults.shift();
    // These say that it was not taken.
    if (fault === 'busy') return Response.json({ detail: 'busy' }, { status: 429 });
    if (fault === 'billing') return Response.json({ detail: 'blocked' }, { status: 402 });
    submission.isDoubtful = true;
    if (fault === 'reset') throw lostConnection('ECONNRESET');
    if (fault === 'failing') return Response.json({ detail: 'failing' }, { status: 503 });
    const isKnown = submission.requestId !== undefined;
    const isRefused = fault === 'refused' || fault === 'conflict' || submission.answer === 'refused';
    if (isRefused && !isKnown) {
      submission.answer = 'refused';
      this.#execute();
      return Response.json({ detail: 'no' }, { status: fault === 'conflict' ? 409 : 422 });
    }
    if (submission.requestId === undefined) {
      this.#ids += 1;
      submission.requestId = `r${this.#ids}`;
      this.#results.set(submission.requestId, submission);
      this.#execute();
    }
    if (fault === 'lost') throw lostConnection('ECONNRESET');
    if (fault === 'garbled') return new Response('{"request_id": ', { status: 200 });
    if (fault === 'stall') return stall();
    submission.answer = 'taken';
    return Response.json({ request_id: submission.requestId });
  }

  /** The rules of a queue, as far as a server can see them. */
  #judge(mark: number, seqId: number, text: string): void {
    const known = this.#submissions.get(seqId);
    if (known !== undefined && (known.mark !== mark || known.text !== text)) this.broken.push(`number ${seqId} is used for two requests`);
    for (const [other, count] of this.#underway) {
      if (count > 0 && this.#submissions.get(other)?.mark !== mark) this.broken.push(`${mark} is sent while ${String(this.#submissions.get(other)?.mark)} is on its way`);
    }
    if (mark < this.#mark) this.broken.push(`${mark} is sent after ${this.#mark}`);
    if (mark > this.#mark && !this.#isSettled(this.#mark)) this.broken.push(`${mark} is sent while nobody knows what became of ${this.#mark}`);
    this.#mark = Math.max(this.#mark, mark);
  }

  #isSettled(mark: number): boolean {
    const requests = [...this.#submissions.values()].filter((submission) => submission.mark === mark);
    if (requests.some(({ answer, isGivenUp, isDoubtful }) => answer === 'none' && isDoubtful && !isGivenUp)) return false;
    const taken = requests.filter(({ answer }) => answer === 'taken').length;
    // A mark between two whole ones was given up by its user.
    return !Number.isInteger(mark) || taken === 0 || taken === this.#parts(mark) || this.#isOver(mark);
  }

  /** Goes on with the next numbers that are there; one that was refused counts as answered. */
  #execute(): void {
    for (let next = this.#submissions.get(this.#next); next !== undefined; next = this.#submissions.get(this.#next)) {
      if (next.requestId === undefined && next.answer !== 'refused') return;
      if (next.requestId !== undefined) this.executed.push({ mark: next.mark, seqId: next.seqId });
      this.#next += 1;
    }
  }

  async #sample(text: string, stall: () => Promise<never>): Promise<Response> {
    const fault = this.faults.shift();
    if (fault === 'reset' || fault === 'lost') throw lostConnection('ECONNRESET');
    if (fault === 'stall') return stall();
    if (fault === 'busy') return Response.json({ detail: 'slow down' }, { status: 429 });
    if (fault === 'billing') return Response.json({ detail: 'blocked' }, { status: 402 });
    if (fault === 'failing' || fault === 'garbled') return Response.json({ detail: 'failing' }, { status: 503 });
    if (fault !== undefined) return Response.json({ detail: 'no' }, { status: 422 });
    return this.#receipt(markOf(text));
  }

  #receipt(mark: number): Response {
    this.#ids += 1;
    this.#results.set(`r${this.#ids}`, mark);
    return Response.json({ request_id: `r${this.#ids}` });
  }

  async #poll(requestId: string, mayAnnounce: boolean, stall: () => Promise<never>): Promise<Response> {
    const fault = this.pollFaults.shift();
    if (fault === 'reset') throw lostConnection('ECONNRESET');
    if (fault === 'stall') return stall();
    if (fault === 'garbled') return new Response('{"metrics": ');
    if (fault === 'pending') return Response.json({ type: 'try_again' });
    if (fault === 'capacity') return Response.json({ type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: 'full' });
    if (fault === 'failed') return Response.json({ error: 'it failed', category: 'user' });
    if (fault === 'expired') return Response.json({ detail: 'gone' }, { status: 410 });
    if (fault === 'failing') return Response.json({ detail: 'failing' }, { status: 503 });
    if (fault === 'billing') return Response.json({ detail: 'blocked' }, { status: 402 });
    if (fault === 'announced' && mayAnnounce) return Response.json({ status: 'complete_metadata', response_payload_size: 10 });
    const of = this.#results.get(requestId);
    if (of === undefined) return Response.json({ detail: 'no such request' }, { status: 404 });
    if (typeof of === 'number') return Response.json(resultOf(of));
    if (of.seqId < this.#next) return Response.json(resultOf(of.mark));
    // A number that does not come is waited for, and left out then.
    const asked = (this.#asked.get(requestId) ?? 0) + 1;
    this.#asked.set(requestId, asked);
    if (asked > 5) {
      this.#next += 1;
      this.#execute();
    }
    return Response.json({ type: 'try_again' });
  }
}

function lostConnection(code: string): Error {
  return Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
}

/** The mark of a request: its learning rate, its first token, or its name. */
function markOf(text: string): number {
  const found = /"learning_rate":(\d+)/.exec(text) ?? /"tokens":\[(\d+)/.exec(text) ?? /"path":"(?:[^"]*\/)?m(\d+)"/.exec(text);
  if (found === null) throw new Error(`there is no mark in ${text}`);
  return Number(found[1]);
}

/** One answer for all: what carries the mark is looked at. */
function resultOf(mark: number): object {
  return {
    model_id: 'S:train:0',
    loss_fn_output_type: 'ArrayRecord',
    loss_fn_outputs: [{ logprobs: { data: [-0.5], dtype: 'float32', shape: [1] } }],
    metrics: { 'mark:max': mark, mark },
    path: `tinker://S:train:0/weights/m${mark}`,
    sequences: [{ stop_reason: 'stop', tokens: [mark], logprobs: [-0.5] }],
  };
}
