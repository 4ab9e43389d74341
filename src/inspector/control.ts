import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as t from 'io-ts';
import { messageOf } from '../types/errors.js';
import { paths, type ControlReply, type ControlRequest } from './protocol.js';
import type { Services } from './services.js';

const Request: t.Type<ControlRequest, unknown> = t.type(
  {
    service: t.string,
    client: t.string,
    action: t.keyof({ pause: null, resume: null, retry: null, skip: null, save: null }),
  },
  'ControlRequest',
);

const mostBytes = 4096;

/** A token that nobody guesses; fits into an address. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Lets whoever has the token do what is safe from outside. Without a token nobody may. */
export function addControl(app: Hono, services: Services, token: string | undefined): void {
  const refuse = (c: Context, status: 400 | 401 | 403 | 404 | 409 | 413 | 415, error: string): Response =>
    c.json({ error } satisfies ControlReply, status);
  const isRight = token === undefined ? () => false : comparedWith(token);

  app.post(
    paths.control,
    async (c, next) => {
      if (token === undefined) return refuse(c, 403, 'Control is off. Start the inspector with { control: true } to allow it.');
      const [, given] = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
      if (given === undefined) return refuse(c, 401, 'The token is missing: open the page at the whole address that the program printed.');
      if (!isRight(given)) return refuse(c, 401, 'The token is of another start of the program: open the page at the address that it printed last.');
      if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) return refuse(c, 415, 'Send application/json.');
      await next();
      return undefined;
    },
    bodyLimit({ maxSize: mostBytes, onError: (c) => refuse(c, 413, `The body is above ${mostBytes} bytes.`) }),
    async (c) => {
      const body: unknown = await c.req.json().catch(() => undefined);
      if (!Request.is(body)) return refuse(c, 400, 'Expected { service, client, action } with one of the actions pause, resume, retry, skip, save.');
      const { service: id, client, action } = body;
      const service = services.find(id);
      if (service === undefined) return refuse(c, 404, 'This service is closed, or none of this program.');
      try {
        return c.json({ done: await service.control({ action, client }) } satisfies ControlReply);
      } catch (thrown) {
        return refuse(c, 409, messageOf(thrown));
      }
    },
  );
}

/** Takes the same time wherever they differ. */
function comparedWith(token: string): (given: string) => boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (given) => timingSafeEqual(expected, digest(given));
}
