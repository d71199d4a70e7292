import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isInRanges } from '../../channel/index.ts';

/** IPv4 as a socket of both families tells it. */
const MAPPED = /^::ffff:(?=\d+\.)/i;
/** Hops looked at, from the nearest on; more are nobody's honest path. */
const MAX_HOPS = 32;

/** A connection, and what was sent over it. */
export interface Hop {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/**
 * The address of whoever asks: the peer's, unless that is one of the proxies in `trusted` (CIDR).
 * Then X-Forwarded-For is read from its right end, where each proxy adds the peer that it saw
 * itself: the first address that is no trusted proxy's. What is left of that was written by its
 * owner, and is not looked at; nor is Forwarded (RFC 7239), or any other field. IPv4 is written as
 * such, so that nobody has two addresses.
 */
export function clientAddress(
  hop: Hop,
  trusted: readonly string[] | undefined,
): string | undefined {
  return addressBehind(hop, trusted)?.replace(MAPPED, '');
}

function addressBehind(
  { remoteAddress, headers }: Hop,
  trusted: readonly string[] | undefined,
): string | undefined {
  if (trusted === undefined || !isInRanges(remoteAddress, trusted)) return remoteAddress;
  const field = headers['x-forwarded-for'] ?? '';
  const hops = (Array.isArray(field) ? field.join(',') : field).split(',').slice(-MAX_HOPS);
  let nearest = remoteAddress;
  for (const hop of hops.reverse()) {
    const address = addressOf(hop.trim());
    if (address === undefined) return nearest;
    nearest = address;
    if (!isInRanges(address, trusted)) return address;
  }
  return nearest;
}

/** Some proxies write the port as well: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressOf(hop: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(hop) ?? [];
  return [hop, bracketed, plain].find((each) => each !== undefined && isIP(each) !== 0);
}
