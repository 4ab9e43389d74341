import { readDropped, readHeartbeat, readHello, readRecords } from '../model/received.js';
import { retryDelay, silenceMs } from '../model/retry-delay.js';
import { paths } from '../protocol.js';
import { programSays, renewClock, tick } from './clock.js';
import { beginAnew, take } from './publishing.js';
import { chosenClient, chosenService, connection, dropped, heardAt, hello, ready } from './state.js';

let source: EventSource | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
let lastEventId = '';
let attempts = 0;

/**
 * Connects, now. The browser's own reconnecting is not used: it does not say when it tries again, and gives up for good
 * after some answers. The last event is named in the address instead of in a header.
 */
export function connect(): void {
  clearTimeout(retry);
  source?.close();
  const opened = new EventSource(lastEventId === '' ? paths.stream : `${paths.stream}?lastEventId=${encodeURIComponent(lastEventId)}`);
  source = opened;
  opened.addEventListener('hello', ({ data }) => heard(() => greeted(String(data))));
  opened.addEventListener('records', (event) =>
    heard(() => {
      lastEventId = event.lastEventId;
      take(readRecords(String(event.data)));
    }),
  );
  opened.addEventListener('dropped', ({ data }) => heard(() => (dropped.value = readDropped(String(data)) ?? dropped.value)));
  opened.addEventListener('heartbeat', ({ data }) =>
    heard(() => {
      const at = readHeartbeat(String(data));
      if (at !== undefined) programSays(at);
    }),
  );
  opened.addEventListener('error', () => {
    if (source === opened) lose();
  });
  awaitNews();
}

function heard(act: () => void): void {
  heardAt.value = Date.now();
  awaitNews();
  act();
}

function greeted(text: string): void {
  const greeting = readHello(text);
  if (greeting === undefined) return;
  attempts = 0;
  if (hello.peek()?.instance !== greeting.instance) {
    if (hello.peek() !== undefined) beginAnew();
    renewClock();
    chosenService.value = undefined;
    chosenClient.value = undefined;
  }
  hello.value = greeting;
  dropped.value = greeting.dropped;
  connection.value = { state: 'open' };
  // Records follow at once, where there are any.
  setTimeout(() => (ready.value = true), 400);
  tick();
}

/** A tunnel may break without a word: silence is taken for that. */
function awaitNews(): void {
  clearTimeout(silence);
  silence = setTimeout(lose, silenceMs);
}

function lose(): void {
  clearTimeout(silence);
  source?.close();
  source = undefined;
  attempts += 1;
  const present = connection.peek();
  const delay = retryDelay(attempts);
  connection.value = { state: 'lost', since: present.state === 'lost' ? present.since : Date.now(), retryAt: Date.now() + delay, attempts };
  tick();
  clearTimeout(retry);
  retry = setTimeout(connect, delay);
}
