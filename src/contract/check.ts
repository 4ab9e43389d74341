import type { Workbench } from './workbench.js';
import type { Verdict } from './verdict.js';

/** One thing that a server may or may not do. */
export interface Check {
  /** What it belongs to, such as `sampling`. */
  readonly area: string;
  readonly name: string;
  /** Whether a server without it is of no use: the loop of training, saving, resuming and sampling. */
  readonly isRequired: boolean;
  readonly run: (bench: Workbench) => Promise<Verdict>;
}

/** Makes the checks of an area. */
export function checksOf(area: string): { readonly check: MakeCheck; readonly required: MakeCheck } {
  return {
    check: (name, run) => ({ area, name, run, isRequired: false }),
    required: (name, run) => ({ area, name, run, isRequired: true }),
  };
}

type MakeCheck = (name: string, run: Check['run']) => Check;
