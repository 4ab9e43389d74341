import { text, type Reading, type Submitted } from '../network/reading.js';
import type { Future, Futures, Outcome } from './futures.js';
import { ModelRun, type LedgerEntry, type Waiting } from './model-run.js';
import { json, passResult, refusal, type Reply } from './replies.js';
import type { ServerHost } from './server-host.js';

export interface ModelsHost extends ServerHost {
  readonly futures: Futures;
  readonly ledger: LedgerEntry[];
  /** The checkpoint that a model was created by loading, by the model's id. */
  readonly starts: Map<string, string>;
  readonly openSampler: (samplerId: string) => void;
}

/** The models of a server: what creates, trains and ends them. */
export class Models {
  readonly #host: ModelsHost;
  /** Operations that failed, executed or not. */
  failures = 0;
  #models = new Map<string, { readonly run: ModelRun; readonly created: Future }>();

  constructor(host: ModelsHost) {
    this.#host = host;
  }

  find(modelId: string): ModelRun | undefined {
    return this.#models.get(modelId)?.run;
  }

  /** By a request of its own, or by loading a checkpoint (wire protocol §2.5); the same request again is the same model. */
  create(body: Readonly<Record<string, unknown>>, endpoint: string): Reply {
    const { time, settings, quirks, futures, starts, strikes } = this.#host;
    const modelId = `${String(body['session_id'])}:train:${String(body['model_seq_id'])}`;
    const known = this.#models.get(modelId);
    if (known !== undefined) return json({ request_id: known.created.requestId });
    const created = futures.open();
    if (endpoint === 'load_weights') starts.set(modelId, text(body['path']));
    const run = new ModelRun(time, settings.missingSeqTimeoutMs, quirks.ignoresOrder !== true);
    this.#models.set(modelId, { run, created });
    time.after(settings.executionMs, () => {
      const fails = strikes('operation failed');
      if (fails) this.#end(run, 'The model could not be made');
      const made = json(endpoint === 'create_model' ? { model_id: modelId } : {});
      this.#settle(created, fails ? failed('The model could not be made') : { state: 'done', binary: undefined, text: made });
    });
    return json({ request_id: created.requestId });
  }

  info(modelId: string): Reply {
    return this.find(modelId)?.gone === undefined && this.#models.has(modelId) ? json({ model_id: modelId, model_data: { model_name: 'base' } }) : refusal(404, `Model not found: ${modelId}`);
  }

  unload(modelId: string): Reply {
    const model = this.#models.get(modelId);
    if (model === undefined) return refusal(404, `Model not found: ${modelId}`);
    const future = this.#host.futures.open();
    this.#host.time.after(1, () => {
      this.#end(model.run, 'The model was unloaded');
      this.#settle(future, { state: 'done', binary: undefined, text: json({ model_id: modelId }) });
    });
    return json({ request_id: future.requestId });
  }

  submit({ endpoint, json: body, isProtobuf }: Reading, submitted: Submitted): Reply {
    const { time, random, settings, quirks, futures, ledger, strikes } = this.#host;
    const run = this.find(submitted.modelId);
    if (run === undefined) return refusal(404, `Model not found: ${submitted.modelId}`);
    if (isProtobuf && !settings.readsProtobuf) return json({ detail: [{ loc: ['body'], msg: 'Input should be a valid dictionary' }] }, 422);
    const receipt = run.receipts.get(submitted.seqId);
    if (receipt !== undefined) {
      const { requestId } = receipt.future;
      if (quirks.executesTwice === true) ledger.push({ ...submitted, at: time.now, requestId, outcome: 'done' });
      if (receipt.identity === submitted.identity) return json({ request_id: requestId });
      return refusal(409, `seq_id ${submitted.seqId}: sequence number reused`, { 'x-should-retry': 'false' });
    }
    const isLarge = endpoint.startsWith('forward') && strikes('large result');
    const future = futures.open({ isLarge, pausedUntil: strikes('queue paused') ? time.now + random.between(1_000, 40_000) : 0 });
    run.receipts.set(submitted.seqId, { identity: submitted.identity, future });
    this.#host.note(`server takes ${named(submitted)} as ${future.requestId}`);
    const slowMs = strikes('operation slow') ? random.between(15_000, 70_000) : 0;
    const waiting: Waiting = {
      submitted,
      future,
      durationMs: settings.executionMs * random.between(0.5, 1.5) + slowMs,
      execute: (due) => this.#execute(due, endpoint, body),
      tooLate: (due) => this.#settle(due.future, failed(`seq_id ${submitted.seqId} came after its turn`)),
    };
    if (run.gone === undefined) run.push(waiting);
    else this.#settle(future, failed(run.gone));
    return json({ request_id: future.requestId });
  }

  /** Ends all; gives their ids. */
  endAll(why: string): readonly string[] {
    for (const { run, created } of this.#models.values()) {
      this.#end(run, why);
      this.#settle(created, failed(why));
      // What nobody has fetched yet is as gone as the model.
      for (const { future } of run.receipts.values()) future.outcome = failed(why);
    }
    return [...this.#models.keys()];
  }

  forgetAll(): void {
    this.#models = new Map();
  }

  #execute({ submitted, future }: Waiting, endpoint: string, body: Readonly<Record<string, unknown>>): void {
    const { time, quirks, ledger, strikes } = this.#host;
    const fails = strikes('operation failed') || submitted.identity.includes('missing');
    const { requestId } = future;
    this.#host.note(`server executes ${named(submitted)}${fails ? ', which fails' : ''}`);
    if (quirks.forgetsToExecute !== true || submitted.seqId % 5 !== 0) {
      ledger.push({ ...submitted, at: time.now, requestId, outcome: fails ? 'failed' : 'done' });
    }
    if (strikes('future expired')) future.isExpired = true;
    const saysFailed = fails || (quirks.callsDoneFailed === true && submitted.seqId % 5 === 0);
    this.#settle(future, saysFailed ? failed('it went wrong') : this.#resultOf(submitted, endpoint, body));
  }

  #resultOf({ modelId, seqId, datums }: Submitted, endpoint: string, body: Readonly<Record<string, unknown>>): Outcome {
    const name = text(body['path']);
    switch (endpoint) {
      case 'save_weights':
        return { state: 'done', binary: undefined, text: json({ path: `tinker://${modelId}/weights/${name}` }) };
      case 'save_weights_for_sampler': {
        if (name !== '') return { state: 'done', binary: undefined, text: json({ path: `tinker://${modelId}/sampler_weights/${name}` }) };
        const samplerId = `${modelId}:at${seqId}`;
        this.#host.openSampler(samplerId);
        return { state: 'done', binary: undefined, text: json({ path: null, sampling_session_id: samplerId }) };
      }
      case 'optim_step':
        return { state: 'done', binary: undefined, text: json({ metrics: { step: 1 } }) };
      case 'load_weights':
        return { state: 'done', binary: undefined, text: json({}) };
      default:
        return { state: 'done', ...passResult(datums) };
    }
  }

  #end(run: ModelRun, why: string): void {
    for (const { future } of run.end(why)) this.#settle(future, failed(why));
  }

  #settle(future: Future, outcome: Outcome): void {
    if (outcome.state === 'failed') this.failures += 1;
    this.#host.futures.settle(future, outcome, this.#host.time.now);
  }
}

function named({ modelId, seqId, identity }: Submitted): string {
  return `${modelId} ${seqId} ${identity}`;
}

function failed(error: string): Outcome {
  return { state: 'failed', error, category: 'server' };
}
