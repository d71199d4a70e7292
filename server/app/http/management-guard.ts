/**
 * Who may manage: with a token set, whoever bears it; without one (protected mode), programs on
 * this machine, and pages that this server itself has served. A web page that a person happens to
 * visit is neither, though its requests come from this machine too: it is told by its Origin, and
 * after DNS rebinding by the Host it believes it talks to.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Refusal } from '../../../contract/index.ts';
import { isInRanges } from '../../channel/index.ts';

/** What the guard is told when the server starts. */
export interface GuardSettings {
  /** API_TOKEN; undefined or empty means protected mode. Asked for at each request. */
  readonly token?: string | undefined;
  /** The address the server is bound to, as configured. */
  readonly host: string;
  /** PUBLIC_URL: its host may stand in Host and Origin. */
  readonly publicUrl?: string | undefined;
  /** TRUSTED_PROXIES, in CIDR: whoever comes through one comes from outside. Asked each time. */
  readonly trustedProxies?: readonly string[] | undefined;
}

/** Who asks, as far as the transport knows. */
export interface Caller {
  readonly remoteAddress: string | undefined;
  /** As Node has it, such as `1.1`; unknown counts as that. */
  readonly httpVersion?: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * A reverse proxy on this machine makes everybody look local. These fields give it away; they are
 * never believed for more than that.
 */
const PROXY_FIELDS = [
  ...['forwarded', 'via', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'],
];
const WILDCARD_HOSTS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/** Decides about requests to the management faces. Never about viewers. */
export class ManagementGuard {
  readonly #settings: GuardSettings;
  readonly #hosts: ReadonlySet<string>;
  readonly #publicAuthority: string | undefined;

  constructor(settings: GuardSettings) {
    const { host, publicUrl } = settings;
    this.#settings = settings;
    const publicAddress = publicUrl === undefined ? undefined : new URL(publicUrl);
    this.#publicAuthority = publicAddress?.host;
    const named = [host, publicAddress?.hostname].filter((name) => name !== undefined);
    this.#hosts = new Set(
      named.filter((name) => !WILDCARD_HOSTS.has(name)).map((name) => bare(name.toLowerCase())),
    );
  }

  /** Why the caller may not manage, or undefined when it may. */
  check(caller: Caller): Refusal | undefined {
    const { token, trustedProxies = [] } = this.#settings;
    return token === undefined || token === ''
      ? (checkNoToken(caller) ??
          checkLocal(caller, trustedProxies) ??
          this.#checkHost(caller) ??
          this.#checkSite(caller))
      : (checkToken(caller, digest(token)) ?? this.#checkSite(caller));
  }

  #checkHost({ headers }: Caller): Refusal | undefined {
    const authority = authorityOf(headers);
    const name = bare(hostnameOf(authority));
    if (isLoopbackName(name) || this.#hosts.has(name)) return undefined;
    return {
      refused: 'host_not_allowed',
      detail:
        `Cannot manage through host ${JSON.stringify(authority)}: use localhost, ` +
        'or set PUBLIC_URL to the address that people use',
    };
  }

  #checkSite({ headers }: Caller): Refusal | undefined {
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    const isOwn =
      origin === undefined
        ? site === undefined || site === 'same-origin' || site === 'none'
        : this.#isOwnOrigin(origin, authorityOf(headers));
    if (isOwn) return undefined;
    return {
      refused: 'host_not_allowed',
      detail: `Cannot manage from a page of ${JSON.stringify(origin ?? site)}: it is another site`,
    };
  }

  #isOwnOrigin(origin: string, authority: string): boolean {
    if (!URL.canParse(origin)) return false;
    const { host } = new URL(origin);
    return host !== '' && (host === canonical(authority) || host === this.#publicAuthority);
  }
}

function checkToken({ headers }: Caller, tokenDigest: Buffer): Refusal | undefined {
  const { authorization } = headers;
  const [scheme = '', token = '', ...rest] = (authorization ?? '').trim().split(/ +/);
  const isBearer = scheme.toLowerCase() === 'bearer' && token !== '' && rest.length === 0;
  if (isBearer && timingSafeEqual(digest(token), tokenDigest)) return undefined;
  if (isBearer) {
    const detail = 'Cannot manage: the bearer token is not the one in API_TOKEN';
    return { refused: 'unauthorized', detail };
  }
  const sent =
    authorization === undefined ? 'no token was sent' : 'the header Authorization has another form';
  const detail = `Cannot manage: ${sent}; send the header "Authorization: Bearer <API_TOKEN>"`;
  return { refused: 'unauthorized', detail };
}

/** Who sends a token believes that it is asked for: it must not seem to work. */
function checkNoToken({ headers }: Caller): Refusal | undefined {
  if (headers.authorization === undefined) return undefined;
  return {
    refused: 'unauthorized',
    detail:
      'Cannot manage: the header Authorization was sent, and this server has no API_TOKEN. ' +
      'Start it with API_TOKEN=<secret>, or leave the header out on the same machine',
  };
}

function checkLocal(caller: Caller, trustedProxies: readonly string[]): Refusal | undefined {
  const way = foreignWay(caller, trustedProxies);
  if (way === undefined) return undefined;
  return {
    refused: 'management_is_local',
    detail:
      `Cannot manage ${way}: this server has no API_TOKEN, so only this machine may. Start it ` +
      'with API_TOKEN=<secret> and send the header "Authorization: Bearer <secret>"',
  };
}

/** By which way somebody came who is not on this machine; undefined: they are. */
function foreignWay(
  { remoteAddress, headers, httpVersion }: Caller,
  trustedProxies: readonly string[],
): string | undefined {
  if (!isLoopbackAddress(remoteAddress)) return `from ${remoteAddress ?? 'another machine'}`;
  const field = PROXY_FIELDS.find((name) => headers[name] !== undefined);
  if (field !== undefined) return `through a proxy, as the header ${field} says`;
  if (isInRanges(remoteAddress, trustedProxies)) {
    return `through ${remoteAddress}, which is in TRUSTED_PROXIES`;
  }
  // nginx that was told nothing but where to go sends none of the fields, and speaks HTTP/1.0.
  return httpVersion === '1.0' ? 'over HTTP/1.0, as proxies speak it' : undefined;
}

/** Equal lengths for a comparison in constant time. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name);
}

function authorityOf(headers: IncomingHttpHeaders): string {
  const pseudo = headers[':authority'];
  return headers.host ?? (typeof pseudo === 'string' ? pseudo : '');
}

/** The host of `host[:port]`, in lower case; empty when there is none. */
function hostnameOf(authority: string): string {
  return parsed(authority)?.hostname ?? '';
}

/** An authority as a parsed Origin writes it. */
function canonical(authority: string): string {
  return parsed(authority)?.host ?? '';
}

function parsed(authority: string): URL | undefined {
  // Nothing but host and port: a parser reads the host after '@' and before '/'.
  if (!/^[^@/\\?#]+$/.test(authority)) return undefined;
  const address = `http://${authority}`;
  return URL.canParse(address) ? new URL(address) : undefined;
}

/** An IPv6 literal without its brackets. */
function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
