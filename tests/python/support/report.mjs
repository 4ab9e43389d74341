import { readFile } from 'node:fs/promises';
import Table from 'cli-table3';

/**
 * @typedef {{ group: string, area: string, passed: number, failed: number, reason: string }} Row
 * A test's outermost `describe` is its group (`SDK 0.25.0`), the next one its area.
 */

/** @returns {Promise<{ group: string, area: string, reason: string }[]>} */
async function listNotRun() {
  const list = process.env.TINKERJS_NOT_RUN;
  const text = list === undefined ? '' : await readFile(list, 'utf8');
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** Prints what passed with which version of the SDK, area by area, after all else. */
export default class Report {
  /** @type {Map<string, Row>} */
  rows = new Map();

  /**
   * @param {string} group
   * @param {string} area
   * @returns {Row}
   */
  row(group, area) {
    const key = `${group}\n${area}`;
    const row = this.rows.get(key) ?? { group, area, passed: 0, failed: 0, reason: '' };
    this.rows.set(key, row);
    return row;
  }

  /**
   * @param {unknown} _test
   * @param {import('@jest/reporters').TestResult} result
   */
  onTestResult(_test, result) {
    if (result.testExecError !== undefined && result.testExecError !== null) {
      this.row('(file)', result.testFilePath.split('/').at(-1) ?? '').failed += 1;
    }
    for (const { ancestorTitles, title, status } of result.testResults) {
      const row = this.row(ancestorTitles[0] ?? '(no group)', ancestorTitles[1] ?? ancestorTitles[0] ?? title);
      if (status === 'passed') row.passed += 1;
      else if (status === 'failed') row.failed += 1;
      else row.reason = 'left out by the filter';
    }
  }

  async onRunComplete() {
    for (const { group, area, reason } of await listNotRun()) this.row(group, area).reason = reason;
    const rows = [...this.rows.values()].sort((a, b) => b.group.localeCompare(a.group, 'en', { numeric: true }) || a.area.localeCompare(b.area));
    const table = new Table({ head: ['with', 'area', 'passed', 'failed', 'not run'], style: { head: [], border: [] } });
    for (const { group, area, passed, failed, reason } of rows) table.push([group, area, passed, failed, reason]);
    process.stdout.write(`\n${table.toString()}\n`);
  }
}
