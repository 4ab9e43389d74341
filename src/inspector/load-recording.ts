import { History } from './history.js';
import { openRecording, type Recording } from './open-recording.js';

/** A recording in memory. */
export interface LoadedRecording {
  readonly recording: Recording;
  readonly history: History;
}

/**
 * Reads a recording, of which the newest state of everything is kept within a bound. What was damaged becomes notices of
 * the last service, so that a page says it.
 * @param onProgress told of the bytes that were read, and of all
 * @throws TinkerError as {@link openRecording} and its `read` do
 */
export async function loadRecording(file: string, maxBytes: number, onProgress?: (bytes: number, all: number) => void): Promise<LoadedRecording> {
  const recording = await openRecording(file);
  const history = new History(maxBytes);
  let last: { readonly service: string; readonly at: number } | undefined;
  for await (const records of recording.read((bytes) => onProgress?.(bytes, recording.bytes))) {
    history.write(records);
    last = records.at(-1) ?? last;
  }
  if (last !== undefined) {
    const { service, at } = last;
    const notices = recording.damage.map((text, place) => ({ type: 'notice', service, key: `recording ${place}`, at, level: 'warning', text }) as const);
    history.write(notices);
  }
  return { recording, history };
}
