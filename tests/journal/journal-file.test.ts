import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { accepted, header, intent, madeJournal, path, settled } from '../support/journal.js';
import { JournalState } from '../../src/journal/state.js';

const full = { kind: 'journal', retriable: true, message: `the journal ${path} cannot be written: ENOSPC: made up` };

describe('JournalFile', () => {
  it('writes what is committed and noted, in that order', async () => {
    const { file, read } = await madeJournal();
    await file.commit(intent('optimStep', [1]));
    await file.note(accepted(1));
    expect(read()).toEqual({ header, records: [intent('optimStep', [1]), accepted(1)], tornBytes: 0 });
  });

  it('writes together what waits while the disk is busy', async () => {
    const { file, process, read } = await madeJournal();
    const before = process.boundaries.filter((name) => name === 'sync').length;
    await Promise.all([1, 2, 3, 4, 5].map((seqId) => file.commit(intent('forward', [seqId]))));
    expect(process.boundaries.filter((name) => name === 'sync').length - before).toBe(2);
    expect(read().records).toHaveLength(5);
  });

  it.each(['append', 'append half', 'appended', 'sync'])('holds nothing that was to be committed when "%s" fails', async (boundary) => {
    const { file, process, read } = await madeJournal();
    process.failing.set(boundary, 'ENOSPC');
    expect(await rejection(file.commit(intent('optimStep', [1])))).toMatchObject(full);
    expect(file.state.operations).toEqual([]);
    process.failing.clear();
    await file.commit(intent('forward', [1]));
    // What was written of the other is gone: the whole was written anew.
    expect(read()).toMatchObject({ records: [{ kind: 'forward' }], tornBytes: 0 });
  });

  it('remembers what has happened, and writes it once it can', async () => {
    const { file, process, read } = await madeJournal();
    await file.commit(intent('optimStep', [1]));
    process.failing.set('append', 'ENOSPC');
    expect(await rejection(file.note(accepted(1)))).toMatchObject(full);
    expect(await rejection(file.note(settled(1)))).toMatchObject(full);
    expect(file.state.step).toBe(1);
    process.failing.clear();
    await file.commit(intent('optimStep', [2]));
    expect(read()).toMatchObject({ header: { step: 1 }, records: [{ seqId: 2 }] });
  });

  it.each(['remove', 'open', 'sync', 'rename', 'renamed', 'sync directory'])('goes on after it could not be written anew, at "%s"', async (boundary) => {
    const { file, process, read } = await madeJournal();
    process.failing.set('append', 'EIO');
    await rejection(file.commit(intent('optimStep', [1])));
    process.failing.clear();
    process.failing.set(boundary, 'EIO');
    expect(await rejection(file.commit(intent('optimStep', [1])))).toMatchObject({ kind: 'journal' });
    process.failing.clear();
    await file.commit(intent('forward', [1]));
    expect(read().records).toMatchObject([{ kind: 'forward' }]);
  });

  it('stays short, however long it is written', async () => {
    const { file, files, read } = await madeJournal();
    const long = { digest: 'd'.repeat(20_000) };
    for (let seqId = 1; seqId <= 200; seqId += 1) {
      await file.commit(intent('optimStep', [seqId], long));
      await Promise.all([file.note(accepted(seqId)), file.note(settled(seqId))]);
    }
    expect(files.files.get(path)?.length).toBeLessThan(1.2e6);
    expect(new JournalState(read().header, read().records)).toMatchObject({ step: 200 });
  });

  it.each([
    ['open', undefined],
    ['renamed', 'journal'],
  ])('bears that it cannot be shortened at "%s"', async (boundary, kind) => {
    const { file, process, read } = await madeJournal();
    const long = { digest: 'd'.repeat(2e6) };
    await file.commit(intent('forward', [1], long));
    process.failing.set(boundary, 'ENOSPC');
    const written = await file.commit(intent('forward', [2])).catch((error: unknown) => error);
    expect(written).toEqual(kind === undefined ? undefined : expect.objectContaining({ kind }));
    process.failing.clear();
    await file.commit(intent('forward', [3]));
    expect(read().records.map((record) => ('seqId' in record ? record.seqId : 0))).toEqual(kind === undefined ? [1, 2, 3] : [1, 3]);
  });

  it('writes nothing more once another process has it', async () => {
    const { file, files } = await madeJournal();
    files.locks.clear();
    expect(await rejection(file.commit(intent('forward', [1])))).toMatchObject({ kind: 'journal', message: expect.stringContaining('another process has taken it over') });
    expect(await file.isWritten()).toBe(false);
  });

  it('writes what waits before it is closed, and nothing after', async () => {
    const { file, files, process, read } = await madeJournal();
    const written = file.commit(intent('forward', [1]));
    const closed = file.close();
    expect(await rejection(file.commit(intent('forward', [2])))).toMatchObject({ kind: 'journal', message: expect.stringContaining('it is closed') });
    await Promise.all([written, closed, file.close()]);
    expect(read().records).toHaveLength(1);
    expect(files.locks.size).toBe(0);
    expect(process.boundaries.filter((name) => name === 'release')).toHaveLength(1);
  });

  it('is closed though the disk fails', async () => {
    const { file, process } = await madeJournal();
    for (const name of ['close', 'release']) process.failing.set(name, 'EIO');
    await file.close();
    expect(process.boundaries.slice(-2)).toEqual(['close', 'release']);
  });

  it('goes on with another model, or with the one before when that cannot be written', async () => {
    const { file, process, read } = await madeJournal();
    const other = new JournalState({ ...header, modelId: 'other' });
    process.failing.set('open', 'ENOSPC');
    expect(await rejection(file.restart(other))).toMatchObject(full);
    expect(file.state.header.modelId).toBe('m');
    process.failing.clear();
    await file.restart(other);
    expect(read().header.modelId).toBe('other');
    await file.commit(intent('forward', [1]));
    expect(read().records).toHaveLength(1);
  });

  it('bears that old files cannot be closed', async () => {
    const { file, process, read } = await madeJournal();
    process.failing.set('close', 'EIO');
    await file.rewrite();
    process.failing.set('append', 'EIO');
    expect(await rejection(file.rewrite())).toMatchObject({ message: 'EIO: made up' });
    process.failing.set('renamed', 'EIO');
    process.failing.delete('append');
    await rejection(file.rewrite());
    process.failing.clear();
    await file.commit(intent('forward', [1]));
    expect(read().records).toHaveLength(1);
  });
});
