import { tokensEach } from '../program/identity.js';
import type { TrainerPlan } from '../program/trainer-plan.js';
import type { LedgerEntry } from '../server/model-run.js';

/**
 * What a model's weights are made of: every datum whose gradient was added and every optimizer step, in order, through all models
 * that it was restored from. Gradients that no step has applied are not part of a checkpoint. As text, since it is compared and shown.
 */
export function effectiveSteps(ledger: readonly LedgerEntry[], starts: ReadonlyMap<string, string>, modelId: string): string {
  const checkpoints = new Map<string, readonly string[]>();
  const models = new Map<string, string[]>();
  for (const { modelId: on, identity, datums, outcome } of ledger) {
    if (outcome === 'failed') continue;
    const steps = models.get(on) ?? [...(checkpoints.get(starts.get(on) ?? '') ?? [])];
    models.set(on, steps);
    const [what = '', name = ''] = identity.split(' ');
    if (what === 'load') models.set(on, [...(checkpoints.get(name) ?? [`${name}?`])]);
    if (what === 'save') checkpoints.set(`tinker://${on}/weights/${name}`, steps.slice(0, 1 + steps.findLastIndex((step) => step.startsWith('step'))));
    if (what === 'step') steps.push(`step${name}`);
    if (what === 'backward') for (let datum = 0; datum < datums; datum += 1) steps.push(shown(Number(name) + datum));
  }
  return (models.get(modelId) ?? checkpoints.get(starts.get(modelId) ?? '') ?? []).join(' ');
}

/** The same of a run that nothing disturbs. */
export function idealSteps({ batches }: TrainerPlan): string {
  return batches
    .flatMap(({ datums }, step) => [...Array.from({ length: datums }, (_, datum) => shown(step * tokensEach + datum)), `step${step + 1}`])
    .join(' ');
}

function shown(token: number): string {
  return `${Math.floor(token / tokensEach)}.${token % tokensEach}`;
}
