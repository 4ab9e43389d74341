import { type Command, InvalidArgumentError } from 'commander';
import { runContract, type ContractReport, type Finding } from '../contract/run.js';
import { TinkerError } from '../index.js';
import { contractMarkdown, contractSummary, contractTable, wordFor } from './contract-table.js';

interface ContractFlags {
  readonly url?: string;
  readonly apiKey?: string;
  readonly baseModel?: string;
  readonly timeLimit: number;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

const usageExitCode = 2;
const defaultSeconds = 120;

/** `tinkerjs contract`: what a server supports of the protocol, and what is different there. */
export function addContract(program: Command): void {
  program
    .command('contract')
    .description('try what a server supports of the Tinker API, and print a table; trains a few small adapters and removes them')
    .option('--url <url>', 'the server (default: TINKER_BASE_URL, else the Tinker cloud)')
    .option('--api-key <key>', 'key to send (default: TINKER_API_KEY)')
    .option('--base-model <name>', 'base model to train (default: the first that the server names)')
    .option('--time-limit <seconds>', 'for each check', toSeconds, defaultSeconds)
    .option('--json', 'print one object of JSON')
    .option('--markdown', 'print the table for a document')
    .action(contract);
}

async function contract({ timeLimit, json = false, markdown = false, ...server }: ContractFlags): Promise<void> {
  try {
    const report = await runContract({ ...server, limitMs: timeLimit * 1000, onFinding: reportFinding });
    console.log(json ? JSON.stringify(report) : written(report, markdown));
    process.exitCode = report.isUsable ? 0 : 1;
  } catch (thrown) {
    if (!(thrown instanceof TinkerError)) throw thrown;
    console.error(`tinkerjs contract: ${thrown.message}`);
    process.exitCode = thrown.kind === 'validation' ? usageExitCode : 1;
  }
}

function written(report: ContractReport, markdown: boolean): string {
  return `${markdown ? contractMarkdown(report) : contractTable(report)}\n\n${contractSummary(report)}`;
}

function reportFinding(finding: Finding, done: number, total: number): void {
  console.error(`${done}/${total} ${finding.area}: ${finding.check}: ${wordFor(finding)} (${(finding.ms / 1000).toFixed(1)} s)`);
}

function toSeconds(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('expected a number of seconds above 0');
}
