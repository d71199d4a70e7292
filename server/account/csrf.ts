/**
 * Keeps other sites from using a session: a browser sends the cookie whoever made it ask. Two locks,
 * either of which would do: where the request comes from, and a value that only our pages can read.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Refusal } from '../../contract/index.ts';

/** Methods that change nothing, here as in RFC 9110 section 9.2.1. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What is known of a request that a browser may have been made to send. */
export interface CsrfRequest {
  readonly method: string;
  /** The Host header, or `:authority`. */
  readonly authority: string;
  readonly origin: string | undefined;
  /** The header Sec-Fetch-Site. */
  readonly site: string | undefined;
  /** The header X-CSRF-Token. */
  readonly token: string | undefined;
  /** The secret in the cookie, if that is what tells who asks. */
  readonly sessionSecret: string | undefined;
  readonly publicUrl?: string | undefined;
}

/** The value that our pages send along with every writing request of a session. */
export function csrfTokenOf(sessionSecret: string): string {
  return createHmac('sha256', sessionSecret).update('csrf').digest('hex');
}

/** Why a request must not be followed, or undefined. One that bears a token needs not be asked. */
export function checkCsrf(request: CsrfRequest): Refusal | undefined {
  const { method, sessionSecret, token } = request;
  if (SAFE.has(method)) return undefined;
  if (!isOwnSite(request)) {
    return { refused: 'csrf_rejected', detail: `Cannot ${method} from a page of another site` };
  }
  // Signing in and accepting a link come without a session; the site is what there is to check.
  if (sessionSecret === undefined || isEqual(token ?? '', csrfTokenOf(sessionSecret))) {
    return undefined;
  }
  return {
    refused: 'csrf_rejected',
    detail: `Cannot ${method} with a session: send its csrfToken of /api/me as X-CSRF-Token`,
  };
}

function isOwnSite({ origin, site, authority, publicUrl }: CsrfRequest): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  if (host === '') return false;
  return host === hostOf(`http://${authority}`) || host === hostOf(publicUrl);
}

function hostOf(address: string | undefined): string | undefined {
  return address !== undefined && URL.canParse(address) ? new URL(address).host : undefined;
}

function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
