import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { MiddlewareHandler } from 'hono';
import { TryAgain } from '../../types/futures.js';
import type { Clock } from '../clock.js';
import type { FaultAction } from './fault-rule.js';
import { endpointOf, routeOf, type FaultInjector } from './faults.js';
import { bytesResponse, errorResponse, jsonResponse, jsonTextResponse } from '../http-error.js';
import { readBody } from '../bodies/bodies.js';
import type { ServerContext, ServerEnv } from '../context.js';

/** Lets requests go wrong as the rules say. */
export function injectFaults(faults: FaultInjector, clock: Clock): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    const fault = faults.take(endpointOf(c.req.path), routeOf(c));
    if (fault?.action === 'delay') await new Promise<void>((resolve) => clock.after(fault.ms, resolve));
    const instead = fault === undefined ? undefined : await answerInstead(fault, c);
    if (instead !== undefined) return instead;
    await next();
    const handled = c.res;
    const changed = fault === undefined ? undefined : await answerAfter(fault, c);
    if (changed === undefined) return undefined;
    // A download that nobody reads would keep its file open.
    if (!handled.bodyUsed) await handled.body?.cancel();
    // Hono copies the headers of the answer it has into the next one; the length would be wrong.
    c.res = undefined;
    c.res = changed;
    return undefined;
  };
}

async function answerInstead(fault: FaultAction, c: ServerContext): Promise<Response | undefined> {
  switch (fault.action) {
    case 'reset':
      return closeSocket(c);
    case 'status':
      // A refused number counts as answered, and only the body tells it.
      await readBody(c).catch(() => undefined);
      return jsonResponse(fault.body ?? { detail: `Injected status ${fault.status}` }, fault.status, fault.headers);
    case 'paused':
      return jsonResponse(TryAgain.encode({ type: 'try_again', queueState: fault.state, queueStateReason: fault.reason }));
    case 'expired':
      return errorResponse(410, 'Promise expired (injected)');
    case 'billing':
      return errorResponse(402, fault.detail ?? 'Billing blocked (injected): add credit to go on');
    default:
      return undefined;
  }
}

/** The first field promises more bytes than there are. */
const noMessage = [0x0a, 0x7f, 0x00];

async function answerAfter(fault: FaultAction, c: ServerContext): Promise<Response | undefined> {
  switch (fault.action) {
    case 'dropAnswer':
      return closeSocket(c);
    case 'malformedJson':
      return jsonTextResponse('{"request_id": "cut');
    case 'malformedProtobuf':
      return bytesResponse(Uint8Array.from(noMessage), 'application/x-protobuf');
    case 'wrongShape':
      return jsonResponse(fault.body ?? { unexpected: true });
    case 'halfBody':
      return await sendHalf(c);
    default:
      return undefined;
  }
}

function closeSocket(c: ServerContext): Response {
  c.env.incoming?.socket.destroy();
  return c.env.incoming === undefined ? errorResponse(500, 'There is no connection to close') : RESPONSE_ALREADY_SENT;
}

/** Promises the whole answer, sends half of it, and hangs up. */
async function sendHalf(c: ServerContext): Promise<Response> {
  const body = Buffer.from(await c.res.arrayBuffer());
  const { outgoing } = c.env;
  if (outgoing === undefined) return errorResponse(500, 'There is no connection to close');
  outgoing.writeHead(c.res.status, { ...Object.fromEntries(c.res.headers), 'content-length': body.length });
  await new Promise<void>((resolve) => outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => resolve()));
  outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
}
