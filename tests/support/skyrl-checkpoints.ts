import { json, type ReceivedRequest } from './scripted-server.js';
import { failed, notFound, wrongField } from './skyrl-answers.js';

type Kind = 'weights' | 'sampler_weights';
interface Saved {
  readonly run: string;
  readonly kind: Kind;
  readonly name: string;
}
type Models = ReadonlyMap<string, { readonly base: string; readonly rank: number }>;

/** Moments without a zone, as SkyRL writes them. */
const moment = '2026-11-22T22:07:32.794263';

/** What SkyRL has saved, and its routes about that. */
export class SkyrlCheckpoints {
  readonly #saved: Saved[] = [];

  /** Whether the name was free. */
  add(run: string, kind: Kind, name: string): boolean {
    if (this.has(run, kind, name)) return false;
    this.#saved.push({ run, kind, name });
    return true;
  }

  has(run: string, kind: Kind, name: string): boolean {
    return this.#saved.some((saved) => saved.run === run && saved.kind === kind && saved.name === name);
  }

  answer({ method, body }: ReceivedRequest, endpoint: string, models: Models): Response {
    if (endpoint === 'weights_info') return this.#info(String(body['tinker_path']), models);
    if (endpoint === 'training_runs') {
      const runs = [...models.keys()].map((run) => runOf(run, models));
      return json({ training_runs: runs, cursor: { offset: 0, limit: 20, total_count: runs.length } });
    }
    const [root, run = '', what, ...rest] = endpoint.split('/');
    if (root !== 'training_runs') return notFound();
    if (what === undefined) return models.has(run) ? json(runOf(run, models)) : failed(404, 'Training run not found');
    if (what !== 'checkpoints') return notFound();
    if (rest.length === 0) return json({ checkpoints: this.#saved.filter((saved) => saved.run === run).map(listed) });
    return method === 'DELETE' ? this.#delete(run, rest) : this.#get(method, run, rest);
  }

  #info(path: string, models: Models): Response {
    const [run = '', kind, name = ''] = path.slice('tinker://'.length).split('/');
    if (kind !== 'weights') return failed(400, 'tinker_path must be of the form tinker://model_id/weights/checkpoint_id');
    const model = models.get(run);
    if (model === undefined || !this.has(run, kind, name)) return failed(404, 'Checkpoint not found');
    return json({ base_model: model.base, is_lora: true, lora_rank: model.rank });
  }

  /** Of GET there is `NAME/archive` only: with the kind before it, only the route of DELETE matches. */
  #get(method: string, run: string, rest: readonly string[]): Response {
    const [name = '', action] = rest;
    if (method !== 'GET' || rest.length !== 2 || action !== 'archive') return failed(405, 'Method Not Allowed');
    if (!this.has(run, 'sampler_weights', name)) return failed(404, 'Checkpoint not found');
    const location = `http://skyrl.test:8000/api/v1/training_runs/${run}/checkpoints/${name}/download`;
    return new Response(null, { status: 302, headers: { location, expires: 'Sun, 22 Nov 2026 23:07:32 GMT' } });
  }

  #delete(run: string, rest: readonly string[]): Response {
    const [kind, name = '', ...more] = rest;
    if (kind !== 'weights' && kind !== 'sampler_weights') return failed(400, 'checkpoint_type is required for a bare checkpoint id');
    if (more.length > 0) return wrongField('string_pattern_mismatch', ['path', 'checkpoint_id'], 'Invalid checkpoint_id');
    const index = this.#saved.findIndex((saved) => saved.run === run && saved.kind === kind && saved.name === name);
    if (index === -1) return failed(404, 'Checkpoint not found');
    this.#saved.splice(index, 1);
    return new Response(null, { status: 204 });
  }
}

function listed({ run, kind, name }: Saved): object {
  const checkpoint_type = kind === 'weights' ? 'training' : 'sampler';
  return { checkpoint_id: name, checkpoint_type, time: moment, tinker_path: `tinker://${run}/${kind}/${name}` };
}

function runOf(run: string, models: Models): object {
  const model = models.get(run);
  return {
    training_run_id: run,
    base_model: model?.base,
    model_owner: 'default',
    is_lora: true,
    corrupted: false,
    lora_rank: model?.rank,
    last_request_time: moment,
    last_checkpoint: null,
    last_sampler_checkpoint: null,
    user_metadata: null,
  };
}
