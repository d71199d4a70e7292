/** Who sends a request, as far as the connection, the cookie and the headers say. */
import type { FastifyRequest } from 'fastify';
import type { Refusal } from '../../../contract/index.ts';
import {
  type Accounts,
  type Client,
  type CookieKind,
  checkCsrf,
  cookieKindOf,
  type Principal,
  readSessionCookie,
} from '../../account/index.ts';
import { type Caller, type GuardSettings, ManagementGuard } from '../http/index.ts';

/** What is known of the server itself. */
export interface CallersSettings {
  readonly accounts: Accounts;
  /** Who counts as the operator, and under which names the server is known. */
  readonly management: GuardSettings;
  /** Whether this very port speaks HTTPS. */
  readonly isTls: boolean;
}

/** A link that is given to somebody. */
export interface PublicLink {
  readonly url: string;
  /** Why it may not work for them, and what mends that. */
  readonly hint: string | null;
}

/** A name or an address, and perhaps a port. */
const AUTHORITY = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Reads who asks. */
export class Callers {
  readonly #settings: CallersSettings;
  /** Protected mode, whether or not it is on. */
  readonly #local: ManagementGuard;
  /** What strangers are told while there are no accounts. */
  readonly #guard: ManagementGuard;

  constructor(settings: CallersSettings) {
    this.#settings = settings;
    // Who comes by PUBLIC_URL comes from outside, though a proxy on this machine says nothing of it.
    const { management } = settings;
    this.#local = new ManagementGuard({
      host: management.host,
      get trustedProxies() {
        return management.trustedProxies;
      },
    });
    this.#guard = new ManagementGuard(settings.management);
  }

  /** Who asks; a refusal for a bad token, and for a session that another site makes use of. */
  async identify(request: FastifyRequest): Promise<Principal | Refusal> {
    return this.#identify(request, false);
  }

  /** Who asks by now, for a request whose answer goes on; this does not keep a session alive. */
  async identifyAgain(request: FastifyRequest): Promise<Principal | Refusal> {
    return this.#identify(request, true);
  }

  async #identify(request: FastifyRequest, isOld: boolean): Promise<Principal | Refusal> {
    const sessionSecret = this.sessionSecret(request);
    const { accounts } = this.#settings;
    const principal = await accounts.principalOf({
      authorization: request.headers.authorization,
      sessionSecret,
      isLocal: this.#isLocal(request),
      isOld,
    });
    if ('refused' in principal) return principal;
    if (principal.kind === 'user') return this.checkCsrf(request, sessionSecret) ?? principal;
    if (principal.kind !== 'anonymous' || (await accounts.users.exist())) return principal;
    return this.#guard.check(callerOf(request)) ?? principal;
  }

  /** What the session's cookie holds. */
  sessionSecret(request: FastifyRequest): string | undefined {
    return readSessionCookie(request.headers.cookie, this.cookieKind(request));
  }

  /** Which cookie this connection may carry. */
  cookieKind(request: FastifyRequest): CookieKind {
    const { isTls, management } = this.#settings;
    const { publicUrl } = management;
    return cookieKindOf({ isTls, publicUrl, isLocal: this.#isLocal(request) });
  }

  /** Whether another site is behind the request. Without a secret only the site is looked at. */
  checkCsrf(request: FastifyRequest, sessionSecret: string | undefined): Refusal | undefined {
    const { method, headers } = request;
    return checkCsrf({
      method,
      authority: request.host,
      origin: headers.origin,
      site: one(headers['sec-fetch-site']),
      token: one(headers['x-csrf-token']),
      sessionSecret,
      publicUrl: this.#settings.management.publicUrl,
    });
  }

  /** The whole link to a page, for somebody who is elsewhere. */
  linkTo(request: FastifyRequest, path: string): PublicLink {
    const { isTls, management } = this.#settings;
    const { publicUrl } = management;
    if (publicUrl !== undefined) return { url: new URL(path, publicUrl).href, hint: null };
    // The Host field is a client's word, and here the client is whoever will pass the link on.
    const host = AUTHORITY.test(request.host) ? request.host : 'localhost';
    const url = `${isTls ? 'https' : 'http'}://${host}${path}`;
    const hint =
      'PUBLIC_URL is not set, so the link is by the address you came to. If people elsewhere cannot ' +
      'open that, start the server with PUBLIC_URL=https://<its name>, and make a new link';
    return { url, hint };
  }

  #isLocal(request: FastifyRequest): boolean {
    const { headers, ...caller } = callerOf(request);
    // Whether what it bears is good is another question.
    const { authorization: _borne, ...others } = headers;
    return this.#local.check({ ...caller, headers: others }) === undefined;
  }
}

/** The address of whoever asks, and its browser's description of itself. */
export function clientOf({ clientAddress, headers }: FastifyRequest): Client {
  return { remoteAddress: clientAddress ?? 'unknown', userAgent: headers['user-agent'] };
}

function callerOf({ socket, headers, raw }: FastifyRequest): Caller {
  return { remoteAddress: socket.remoteAddress, httpVersion: raw.httpVersion, headers };
}

function one(field: string | string[] | undefined): string | undefined {
  return Array.isArray(field) ? field.join(',') : field;
}
