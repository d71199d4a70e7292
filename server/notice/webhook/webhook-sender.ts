/** One try of one delivery over HTTP. Never throws for what a receiver or its network does. */
import { lookup as lookUp } from 'node:dns/promises';
import { type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type Clock, Violation } from '../../base/index.ts';
import {
  bareHost,
  type GuardPolicy,
  isAllowedAddress,
  isLoopbackAddress,
} from './address-guard.ts';

/** The specification says 15 to 30 s. From the first look-up to the last byte of the answer. */
export const TRY_TIMEOUT_MS = 20_000;
/** What is read of an answer's body before it is cut off; nobody looks at it. */
const MOST_ANSWER_BYTES = 16_384;
/** Addresses of one name that are tried. */
const MOST_ADDRESSES = 8;

/** What became of a try. */
export type TryOutcome =
  | { readonly kind: 'answered'; readonly status: number }
  /** No answer, and why, in words for a person. */
  | { readonly kind: 'unanswered'; readonly why: string }
  /** The server is stopping: what the receiver made of it is not known. */
  | { readonly kind: 'aborted' };

/** What is sent. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a sender needs of the world. */
export interface WebhookSenderSettings {
  readonly clock: Clock;
  readonly policy: GuardPolicy;
  /** All addresses of a name; the system's resolver unless given. Rejects when there is none. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
}

/** Sends to the internet, whatever a name may mean at the time, and follows no redirect. */
export class WebhookSender {
  readonly #clock: Clock;
  readonly #policy: GuardPolicy;
  readonly #resolve: (hostname: string) => Promise<readonly string[]>;

  constructor({ clock, policy, resolve = systemAddresses }: WebhookSenderSettings) {
    this.#clock = clock;
    this.#policy = policy;
    this.#resolve = resolve;
  }

  /** Posts once. `signal` ends the try, which is then `aborted`. */
  async send(request: WebhookRequest, signal: AbortSignal): Promise<TryOutcome> {
    const attempt = new AbortController();
    const cancel = this.#clock.after(TRY_TIMEOUT_MS, () => attempt.abort(TIMED_OUT));
    const abort = (): void => attempt.abort(STOPPED);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const addresses = await unlessAborted(this.#addresses(new URL(request.url)), attempt.signal);
      return { kind: 'answered', status: await post(request, addresses, attempt.signal) };
    } catch (error) {
      return outcomeOf(attempt.signal.aborted ? attempt.signal.reason : error);
    } finally {
      cancel();
      signal.removeEventListener('abort', abort);
    }
  }

  /** The addresses to connect to. Throws a `Violation` unless each of them is allowed. */
  async #addresses(url: URL): Promise<readonly string[]> {
    const host = bareHost(url);
    const found = isIP(host) === 0 ? await this.#resolve(host) : [host];
    const addresses = found.slice(0, MOST_ADDRESSES);
    const isAllowed = addresses.every(
      (address) =>
        isAllowedAddress(address, this.#policy) &&
        (url.protocol === 'https:' || isLoopbackAddress(address)),
    );
    if (addresses.length === 0 || !isAllowed) {
      throw new Violation('webhook_address', 'its name leads to an inside network');
    }
    return addresses;
  }
}

const TIMED_OUT = new Violation('webhook_timeout', `no answer within ${TRY_TIMEOUT_MS / 1000} s`);
const STOPPED = new Violation('webhook_stopped', 'the server is stopping');

/** What a person can make of an error of the network. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'its name is unknown',
  EAI_AGAIN: 'its name could not be looked up',
  ENETUNREACH: 'its network is unreachable',
  EHOSTUNREACH: 'its host is unreachable',
  ETIMEDOUT: 'no connection in time',
};
const CERTIFICATE_ERROR = /^(?:ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

function outcomeOf(error: unknown): TryOutcome {
  if (error === STOPPED) return { kind: 'aborted' };
  return { kind: 'unanswered', why: reasonOf(error) };
}

function reasonOf(error: unknown): string {
  if (error instanceof Violation) return error.message;
  const causes = error instanceof AggregateError ? error.errors : [error];
  const [code] = causes.flatMap((cause) =>
    cause instanceof Error && 'code' in cause ? [String(cause.code)] : [],
  );
  if (code === undefined) return 'the connection failed';
  if (CERTIFICATE_ERROR.test(code)) return `its certificate is not valid (${code})`;
  return REASONS[code] ?? `the connection failed (${code})`;
}

/** Resolves with the answer's status, when all of it is there or enough of it. */
function post(
  { url, headers, body }: WebhookRequest,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    // A connection of its own: one that is kept alive would outlive the look at its address.
    agent: false,
    lookup: lookupOf(addresses),
    signal,
  };
  const target = new URL(url);
  const open = target.protocol === 'https:' ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const outgoing = open(target, options, (response) => {
      const { statusCode = 0 } = response;
      let sizeBytes = 0;
      response.on('data', (piece: Buffer) => {
        sizeBytes += piece.length;
        if (sizeBytes > MOST_ANSWER_BYTES) response.destroy();
      });
      // The head has said it all: how the body ends changes nothing.
      response.on('error', () => {});
      response.on('close', () => resolve(statusCode));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Answers Node's question for the address of a name with those that were looked at. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, done) => {
    const [first] = known;
    if (options.all === true) done(null, known);
    else done(null, first?.address ?? '', first?.family);
  };
}

async function systemAddresses(hostname: string): Promise<readonly string[]> {
  const found = await lookUp(hostname, { all: true });
  return found.map(({ address }) => address);
}

/** The resolver takes no signal. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
