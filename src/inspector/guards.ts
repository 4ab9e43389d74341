import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

const loopbackNames = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * Takes requests only under a name of this machine, at whatever port, as tunnels need it: a foreign name that leads here
 * belongs to a web page that wants to read along.
 */
export const requireLoopbackName: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('host') ?? '';
  if (!loopbackNames.test(host)) {
    return c.json({ error: 'The inspector answers only under 127.0.0.1, localhost or [::1]; to see it from another machine use a tunnel, such as ssh -L.' }, 403);
  }
  const origin = c.req.header('origin');
  if (origin !== undefined && origin !== `http://${host}`) {
    return c.json({ error: 'The inspector answers only its own page.' }, 403);
  }
  await next();
  return undefined;
};

/** The page may use what comes from here, and nobody may keep, frame or embed it. */
export const pageHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'no-referrer',
  // Means nothing without TLS.
  strictTransportSecurity: false,
});

/** Nothing of it is to stay in a browser's cache. */
export const keepNothing: MiddlewareHandler = async (c, next) => {
  await next();
  c.header('cache-control', 'no-store');
};
