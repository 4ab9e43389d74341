/** Version of this package. */
export const version = '0.1.0';

/**
 * The release of the official client whose protocol we speak. Servers are told this one: a server
 * that supports several releases chooses by it.
 */
export const protocolVersion = '0.25.0';
