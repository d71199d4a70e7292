/**
 * Where webhooks may go: to the internet, never to the networks this server stands in. An address
 * is looked at as a number, so that no spelling of it gets past, and each time before it is
 * connected to, because a name may mean another address by then.
 */
import ipaddr from 'ipaddr.js';

/** What the operator allows beside the internet. */
export interface GuardPolicy {
  /** WEBHOOK_ALLOW_LOCAL: this machine, also without TLS, for development. */
  readonly allowsLoopback: boolean;
}

/** Longer addresses are refused. */
export const LONGEST_URL = 2048;

/** All that is assigned for unicast (RFC 4291 section 2.4, as IANA uses it); what else there is leads inside. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Azure's own services for the machine (WireServer), at an address that looks like any other. */
const CLOUD_INSIDE: readonly string[] = ['168.63.129.16'];

/** Ports below are other services', to which a request could be made to look like one of their own. */
const LEAST_FREE_PORT = 1024;

/**
 * Whether an IP address, as text, may be connected to. Private, shared (100.64.0.0/10), link-local,
 * multicast, documentation and reserved ranges may not, nor IPv6 addresses that carry an IPv4
 * address for a translator (6to4, Teredo, NAT64): who knows where it would lead.
 */
export function isAllowedAddress(address: string, { allowsLoopback }: GuardPolicy): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'loopback') return allowsLoopback;
  if (range !== 'unicast' || CLOUD_INSIDE.includes(parsed.toString())) return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
}

/** Whether an IP address, as text, is of this machine alone. */
export function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

/**
 * Reads the address of a webhook; what is wrong with it is returned in words that go on from
 * "url". A name is not looked up: that is done when it is connected to.
 */
export function readWebhookUrl(
  text: string,
  policy: GuardPolicy,
): URL | { readonly wrong: string } {
  if (text.length > LONGEST_URL) return { wrong: `must have at most ${LONGEST_URL} characters` };
  if (!URL.canParse(text)) return { wrong: 'must be an absolute address' };
  const url = new URL(text);
  const wrong = fault(url, policy);
  return wrong === undefined ? url : { wrong };
}

function fault(url: URL, policy: GuardPolicy): string | undefined {
  const host = bareHost(url);
  const isLocal = policy.allowsLoopback && (isLocalName(host) || isLoopbackAddress(host));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
    return 'must begin with https://';
  }
  if (url.username !== '' || url.password !== '') return 'must not contain a user or password';
  if (url.hash !== '') return 'must not contain a fragment';
  if (isLocalName(host) && !isLocal) return 'must not name this machine';
  if (ipaddr.isValid(host) && !isAllowedAddress(host, policy)) {
    return 'must not name an address of an inside network';
  }
  const isFree = url.port === '' || url.port === '443' || Number(url.port) >= LEAST_FREE_PORT;
  return isFree ? undefined : `must have port 443, or one from ${LEAST_FREE_PORT} on`;
}

/** The host as a name or IP address; an IPv6 literal without its brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function isLocalName(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name === 'localhost' || name.endsWith('.localhost');
}
