import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as tinkerjs from '../src/index.js';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The names of the official SDK 0.25.0 (wire protocol §6.1 to §6.8), by class. */
const python: Readonly<Record<string, readonly string[]>> = {
  ServiceClient: [
    'get_server_capabilities',
    'create_lora_training_client',
    'create_training_client_from_state',
    'create_training_client_from_state_with_optimizer',
    'create_sampling_client',
    'create_rest_client',
    'get_telemetry',
    'holder',
  ],
  TrainingClient: [
    'model_id',
    'holder',
    'forward',
    'forward_backward',
    'forward_backward_custom',
    'optim_step',
    'save_state',
    'load_state',
    'load_state_with_optimizer',
    'save_weights_for_sampler',
    'save_weights_and_get_sampling_client',
    'create_sampling_client',
    'get_info',
    'get_tokenizer',
  ],
  SamplingClient: ['SamplingClient.create', 'sample', 'compute_logprobs', 'get_base_model', 'get_tokenizer'],
  RestClient: [
    'get_training_run',
    'get_training_run_by_tinker_path',
    'get_weights_info_by_tinker_path',
    'list_training_runs',
    'list_checkpoints',
    'list_user_checkpoints',
    'get_checkpoint_archive_url',
    'get_checkpoint_archive_url_from_tinker_path',
    'delete_checkpoint',
    'delete_checkpoint_from_tinker_path',
    'publish_checkpoint_from_tinker_path',
    'unpublish_checkpoint_from_tinker_path',
    'set_checkpoint_ttl_from_tinker_path',
    'get_session',
    'list_sessions',
    'assign_session_project',
    'export_session_trace',
    'get_sampler',
    'get_billing_usage',
    'get_audit_log',
    'whoami',
  ],
  APIFuture: ['await future', 'result', 'result_async', 'future'],
  RetryConfig: [
    'max_connections',
    'progress_timeout',
    'retry_delay_base',
    'retry_delay_max',
    'jitter_factor',
    'enable_retry_logic',
    'enable_stuck_detection',
    'retryable_exceptions',
  ],
  Types: [
    'ModelInput.from_ints',
    'ModelInput.empty',
    'ModelInput.append',
    'ModelInput.append_int',
    'ModelInput.to_ints',
    'ModelInput.length',
    'EncodedTextChunk',
    'ImageChunk',
    'ImageAssetPointerChunk',
    'DmelChunk',
    'TensorData',
    'TensorData.data',
    'TensorData.tolist',
    'TensorData.from_numpy',
    'TensorData.from_torch_sparse',
    'Datum',
    'ParsedCheckpointTinkerPath',
    'SampleResponse',
    'SampledSequence',
    'SamplingParams',
    'StopReason',
    'ForwardBackwardOutput',
    'AdamParams',
    'OptimStepRequest',
    'OptimStepResponse',
    'LoraConfig',
    'TrainingRun',
    'Checkpoint',
    'CheckpointType',
    'ModelID',
    'SampleRequest',
    'Timeout',
    'RequestOptions',
  ],
  Exceptions: [
    'TinkerError',
    'APIError',
    'APIResponseValidationError',
    'APIStatusError',
    'BadRequestError',
    'AuthenticationError',
    'PermissionDeniedError',
    'NotFoundError',
    'ConflictError',
    'UnprocessableEntityError',
    'RateLimitError',
    'InternalServerError',
    'APIConnectionError',
    'APITimeoutError',
    'RequestFailedError',
    'SidecarError',
  ],
};

interface Row {
  readonly section: string;
  /** The Python names of the row, without arguments. */
  readonly names: readonly string[];
  readonly ours: string;
  readonly differs: string;
  readonly test: string;
}

function rowsOf(document: string): Row[] {
  return document.split('\n## ').slice(1).flatMap((part) => {
    const [section = '', ...lines] = part.split('\n');
    return lines.filter((line) => line.startsWith('| ')).slice(2).map((line) => {
      const [, given = '', ours = '', differs = '', test = ''] = line.split('|').map((cell) => cell.trim());
      return { section, names: [...given.matchAll(/`([^`(]+)[^`]*`/g)].map(([, name = '']) => name), ours, differs, test };
    });
  });
}

const rows = rowsOf(read('docs/parity.md'));
const exportsText = read('src/index.ts');

/** What our package has under a name of the document: a class, a member of one, or an exported type. */
function isOurs(name: string): boolean {
  const [owner = '', member] = name.split('.');
  const found: unknown = Object.entries(tinkerjs).find(([exported]) => exported === owner)?.[1];
  if (member === undefined || typeof found !== 'function') return new RegExp(`\\b${owner}\\b`).test(exportsText);
  const declared = read(sourceOf(owner));
  return member in found || member in Object(found.prototype) || new RegExp(`^  readonly ${member}\\??:`, 'm').test(declared);
}

function sourceOf(owner: string): string {
  const from = new RegExp(`\\b${owner}\\b[^;]*?from '\\.(/[^']+)\\.js'`).exec(exportsText)?.[1];
  if (from === undefined) throw new Error(`${owner} is not exported`);
  return `src${from}.ts`;
}

/** Whether a file has a test of that very name; one that only begins with it is another's. */
function hasTest(file: string, name: string): boolean {
  return new RegExp(`it\\('${name.replaceAll('.', '\\.')}(?![\\w.])`).test(read(`tests/parity/${file}.test.ts`));
}

describe('docs/parity.md', () => {
  it.each(Object.entries(python))('has every name of %s once', (section, names) => {
    const listed = rows.filter((row) => row.section === section).flatMap((row) => row.names);
    expect(names.filter((name) => listed.filter((each) => each === name).length !== 1)).toEqual([]);
  });

  it('names what there is here', () => {
    const named = rows.flatMap(({ ours }) => [...ours.matchAll(/`([A-Za-z.]+)`/g)].map(([, name = '']) => name));
    const members = named.filter((name) => /^[A-Z]|^parse/.test(name));
    expect(members.length).toBeGreaterThan(70);
    expect(members.filter((name) => !isOurs(name))).toEqual([]);
  });

  it('says why where something is left out', () => {
    expect(rows.filter(({ ours, differs }) => ours === '—' && differs.length < 10)).toEqual([]);
  });

  it('names a test for everything else, which bears the Python name', () => {
    const untested = rows
      .filter(({ ours, section }) => ours !== '—' && !['Environment variables', 'Below the clients'].includes(section))
      .flatMap(({ names, test }) => names.filter((name) => !hasTest(test, name)));
    expect(untested).toEqual([]);
  });
});
