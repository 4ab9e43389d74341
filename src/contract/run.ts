import { TinkerError } from '../types/errors.js';
import { version } from '../types/version.js';
import { allChecks } from './all-checks.js';
import { Workbench, type WorkbenchSettings } from './workbench.js';
import type { Check } from './check.js';
import type { LeftBehind } from './traces.js';
import { failed, verdictOf, type Outcome, type Verdict } from './verdict.js';

/** A check and what became of it. */
export interface Finding extends Verdict {
  readonly area: string;
  readonly check: string;
  readonly isRequired: boolean;
  readonly ms: number;
}

/** What a server supports. */
export interface ContractReport {
  readonly url: string;
  /** Undefined where the server named none. */
  readonly baseModel: string | undefined;
  /** Of this package. */
  readonly version: string;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Whether all that is required is there, as the protocol says or differently. */
  readonly isUsable: boolean;
  readonly leftBehind: LeftBehind;
}

/** How the checks are run. */
export interface ContractOptions extends WorkbenchSettings {
  /** Milliseconds for all checks; those after it are not tried; default 1,200,000. */
  readonly totalMs?: number | undefined;
  /** Default: all. */
  readonly checks?: readonly Check[] | undefined;
  /** Told of every finding. */
  readonly onFinding?: ((finding: Finding, done: number, total: number) => void) | undefined;
}

const defaultTotalMs = 1_200_000;

/**
 * Looks at a server: what of the protocol it supports, and what is different there. Trains a few small
 * models, and removes what it made.
 * @throws TinkerError `validation` on a bad address or key, `connection` when nothing answers there
 */
export async function runContract(options: ContractOptions = {}): Promise<ContractReport> {
  const { checks = allChecks, onFinding = () => undefined, totalMs = defaultTotalMs } = options;
  const bench = new Workbench(options);
  await reach(bench);
  const deadline = performance.now() + totalMs;
  const findings: Finding[] = [];
  for (const check of checks) {
    const finding = performance.now() < deadline ? await tryCheck(check, bench) : outOfTime(check);
    findings.push(finding);
    await bench.recover();
    onFinding(finding, findings.length, checks.length);
  }
  const baseModel = await bench.baseModel.get().catch(() => undefined);
  const leftBehind = await bench.close();
  return {
    url: bench.url,
    baseModel,
    version,
    findings,
    counts: countsOf(findings),
    isUsable: findings.every(({ isRequired, outcome }) => !isRequired || outcome === 'supported' || outcome === 'differs'),
    leftBehind,
  };
}

/** Any answer will do. */
async function reach({ wire, url }: Workbench): Promise<void> {
  try {
    await wire.ask('GET', 'healthz');
  } catch (thrown) {
    throw new TinkerError('connection', `no answer from ${url}. Is the server running and reachable?`, { cause: thrown });
  }
}

async function tryCheck(check: Check, bench: Workbench): Promise<Finding> {
  const begun = performance.now();
  const verdict = await judge(check, bench);
  return { area: check.area, check: check.name, isRequired: check.isRequired, ...verdict, ms: Math.round(performance.now() - begun) };
}

async function judge(check: Check, bench: Workbench): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve(failed(`no end within ${bench.limitMs / 1000} s`)), bench.limitMs);
  });
  try {
    return await Promise.race([check.run(bench), limit]);
  } catch (thrown) {
    return verdictOf(thrown);
  } finally {
    clearTimeout(timer);
  }
}

function outOfTime({ area, name, isRequired }: Check): Finding {
  return { area, check: name, isRequired, outcome: 'notTried', detail: 'the time for all checks was over', ms: 0 };
}

function countsOf(findings: readonly Finding[]): ContractReport['counts'] {
  const counts = { supported: 0, notOffered: 0, differs: 0, failed: 0, notTried: 0 };
  for (const { outcome } of findings) counts[outcome] += 1;
  return counts;
}
