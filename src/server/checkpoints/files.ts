/** The contents of a checkpoint's files, as pieces ready to be written. */
import type { CheckpointKind } from './checkpoint-kind.js';
import { encodeSafetensors } from './safetensors.js';
import type { NamedTensor, TrainingState } from './training-state.js';

/** The adapter, as PEFT names it. */
export const ADAPTER_FILE = 'adapter_model.safetensors';
/** What PEFT needs to know about the adapter. */
export const ADAPTER_CONFIG_FILE = 'adapter_config.json';
/** Both Adam moments of each adapter tensor, and the step count. */
export const OPTIMIZER_FILE = 'optimizer.safetensors';

/** The files of the adapter, which checkpoints of both kinds hold. */
export const ADAPTER_FILES: readonly string[] = [ADAPTER_FILE, ADAPTER_CONFIG_FILE];

/** Name of a moment in the optimizer file. */
export function momentName(moment: 'first' | 'second', tensor: string): string {
  return `${moment === 'first' ? 'exp_avg' : 'exp_avg_sq'}.${tensor}`;
}

/** A file to be written. */
export interface FileContents {
  readonly name: string;
  readonly pieces: readonly Uint8Array[];
}

/** All files of a checkpoint except its manifest; the optimizer's only where training is to go on. */
export function checkpointFiles(state: TrainingState, kind: CheckpointKind): FileContents[] {
  const adapter = [
    { name: ADAPTER_FILE, pieces: encodeSafetensors(state.adapter, { format: 'pt' }) },
    { name: ADAPTER_CONFIG_FILE, pieces: [Buffer.from(adapterConfig(state), 'utf8')] },
  ];
  if (kind === 'sampler_weights') return adapter;
  const moments = state.adapter.flatMap(({ name, shape }, index): NamedTensor[] => {
    const values = state.moments[index];
    if (values === undefined) return [];
    return [
      { name: momentName('first', name), shape, values: values.first },
      { name: momentName('second', name), shape, values: values.second },
    ];
  });
  return [
    ...adapter,
    { name: OPTIMIZER_FILE, pieces: encodeSafetensors(moments, { format: 'pt', step: String(state.step) }) },
  ];
}

function adapterConfig(state: TrainingState): string {
  return `${JSON.stringify({
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: state.baseModel,
    r: state.lora.rank,
    lora_alpha: state.loraAlpha,
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: false,
    init_lora_weights: true,
    modules_to_save: null,
    use_rslora: false,
    use_dora: false,
    target_modules: state.targetModules,
  }, null, 2)}\n`;
}
