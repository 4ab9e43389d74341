import Table from 'cli-table3';
import type { ContractReport, Finding } from '../contract/run.js';
import type { Outcome } from '../contract/verdict.js';

const words: Readonly<Record<Outcome, string>> = {
  supported: 'supported',
  notOffered: 'not offered',
  differs: 'differs',
  failed: 'FAILED',
  notTried: 'not tried',
};

const order: readonly Outcome[] = ['supported', 'differs', 'notOffered', 'failed', 'notTried'];

const head = ['', 'check', 'outcome', 'what it is like'];
const narrow = 34;
const wide = 72;

/** What is said of an outcome in words. */
export function wordFor({ outcome }: Pick<Finding, 'outcome'>): string {
  return words[outcome];
}

/** The findings as a table for a terminal; what is required is marked. */
export function contractTable({ findings }: ContractReport): string {
  const table = new Table({
    head,
    colWidths: [18, narrow, 13, wide],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  for (const row of rowsOf(findings)) table.push(row);
  return table.toString();
}

/** The same for a document. */
export function contractMarkdown({ findings }: ContractReport): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rowsOf(findings).map(line)].join('\n');
}

/** The area is said once, before its first check. */
function rowsOf(findings: readonly Finding[]): string[][] {
  return findings.map((finding, index) => {
    const { area, check, isRequired, detail } = finding;
    const isFirst = findings[index - 1]?.area !== area;
    return [isFirst ? area : '', isRequired ? `${check} *` : check, wordFor(finding), detail];
  });
}

/** The outcome in a few lines. */
export function contractSummary({ url, baseModel, version, counts, isUsable, leftBehind }: ContractReport): string {
  const numbers = order.filter((outcome) => counts[outcome] > 0).map((outcome) => `${counts[outcome]} ${words[outcome].toLowerCase()}`);
  const left = [...leftBehind.checkpoints, ...leftBehind.models];
  return [
    `${url}, base model ${baseModel ?? 'unknown'}, tinkerjs ${version}: ${numbers.join(', ')}.`,
    isUsable ? 'Everything that is required (*) is there.' : 'Something that is required (*) is missing: see the rows above.',
    ...(left.length === 0 ? [] : [`Left behind, since the server did not remove it: ${left.join(', ')}`]),
  ].join('\n');
}
