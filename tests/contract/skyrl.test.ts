import { describe, expect, it } from '@jest/globals';
import { allChecks } from '../../src/contract/all-checks.js';
import { runContract, type ContractReport } from '../../src/contract/run.js';
import { Skyrl, type SkyrlRelease } from '../support/skyrl-server.js';

/** What takes training or sampling for real, which the scripted server does not do. */
const real = new Set(['models', 'training', 'samples', 'sampling clients']);

/** Looks at a server that answers in SkyRL's form. */
async function look(release: SkyrlRelease): Promise<ContractReport> {
  const { fetch } = new Skyrl(release).server;
  const checks = allChecks.filter(({ area, name }) => !real.has(area) || name === 'what a model is' || name.startsWith('paths of'));
  return runContract({ url: 'http://skyrl.test:8000', apiKey: 'anything', fetch, limitMs: 20_000, checks });
}

function rows({ findings }: ContractReport, ...outcomes: readonly string[]): Record<string, string> {
  const matching = findings.filter(({ outcome }) => outcomes.includes(outcome));
  return Object.fromEntries(matching.map(({ check, detail }) => [check, detail]));
}

describe('a server in the form of SkyRL', () => {
  it('lacks what no release has', async () => {
    const report = await look('head');
    expect(rows(report, 'notOffered')).toEqual({
      'tokens instead of keys': 'the key is sent as it is',
      'settings that change': '404 Not Found; defaults are taken, and not asked for again',
      dro: expect.stringMatching(/^422 forward_backward_input.loss_fn: Input should be 'cross_entropy'/),
      'replacing a checkpoint': expect.stringMatching(/^409 Checkpoint 'contract-\w+-twice' already exists/),
      'dots in names': "422 path: String should match pattern '^[a-zA-Z0-9_-]+$'",
      'loading into a model in training': expect.stringMatching(/^400 LoadWeights is not permitted with seq_id \d+$/),
      'checkpoints of the user': '404 Not Found',
      sessions: '404 Not Found',
      'a session': '404 Not Found',
      'publish, and take it back': '405 Method Not Allowed',
      'time to live, later': '405 Method Not Allowed',
      'of what is trained on': '405 Method Not Allowed',
      'of what is sampled from': '405 Downloading the archive failed: the server that stores it answered 405',
      'who the key belongs to': 'there are no tokens',
      usage: '404 Not Found',
      'audit log': '404 Not Found',
    });
    expect(rows(report, 'differs')).toMatchObject({
      'refuses a wrong key': 'reads no credentials: keep the server inside your network',
      'what a model is': 'does not say whether it is LoRA or its rank; those fields stay undefined',
      'what a checkpoint holds': 'does not say train_unembed, train_mlp, train_attn: all parts are taken as trained',
      'order by seq_id': 'by arrival: this client sends a request once the one before it is accepted',
      'time to live when saving': 'it is ignored: delete checkpoints yourself',
      'paths of what is saved for sampling': 'tinker://RUN/NAME; this client makes it whole',
      'checkpoints of a run': 'ids lack the kind, no sizes; tinkerPath is unambiguous',
    });
    expect(rows(report, 'supported')).toMatchObject({
      'passes in protobuf': '',
      'a repeated seq_id': 'the same future; another body under that number gets 409 Training request sequence number was reused',
      'save state': 'tinker://model_…/weights/contract-…-state',
      'session and heartbeat': 'ids like session_…',
      'a result that is not there': '404 Future not found',
    });
    expect(report.leftBehind).toEqual({ checkpoints: [], models: [] });
  });

  it('reads JSON only, and runs what is repeated twice, in its release 0.3', async () => {
    const report = await look('0.3');
    expect(rows(report, 'differs')).toMatchObject({
      'passes in protobuf': '500 Internal Server Error: passes go out in JSON; the first one finds that out',
      'a repeated seq_id': 'it runs again under another future: a pass or step whose answer was lost runs twice',
    });
    expect(rows(report, 'supported')).toMatchObject({ 'passes in JSON': '' });
  });
});
