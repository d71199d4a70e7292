import { ERROR_STATUS, type ErrorCode, type Problem } from '../../../contract/index.ts';
import type { Answer } from './delivery.ts';

/** Headers as pairs, names in lower case. */
export type Headers = readonly (readonly [string, string])[];

/** Any page may read what viewers read; `Age` lets players correct for caches (appendix C). */
export const CORS_HEADERS: Headers = [
  ['access-control-allow-origin', '*'],
  ['access-control-expose-headers', 'Age, Content-Length, Date, ETag'],
];

/** An answer with one body. */
export function answer(status: number, headers: Headers, body: readonly Uint8Array[]): Answer {
  let bodySize = 0;
  for (const chunk of body) bodySize += chunk.length;
  return { status, headers: [...headers, ...CORS_HEADERS], body, bodySize };
}

/** A refusal as problem+json that caches keep for `maxAgeS` seconds; 0 means not at all. */
export function problemAnswer(code: ErrorCode, detail: string, maxAgeS: number): Answer {
  const status = ERROR_STATUS[code];
  const problem: Problem = {
    type: `/docs/errors#${code}`,
    title: code.replaceAll('_', ' '),
    status,
    code,
    detail,
  };
  const headers: [string, string][] = [
    ['content-type', 'application/problem+json'],
    ['cache-control', maxAgeS > 0 ? `max-age=${maxAgeS}` : 'no-store'],
  ];
  if (status === 503) headers.push(['retry-after', '1']);
  return answer(status, headers, [Buffer.from(JSON.stringify(problem))]);
}

/** `full`, or "not changed" if `ifNoneMatch` names its entity tag (RFC 9110 13.1.2). */
export function conditional(ifNoneMatch: string | undefined, full: Answer): Answer {
  if (ifNoneMatch === undefined) return full;
  const etag = full.headers.find(([name]) => name === 'etag')?.[1];
  return etag !== undefined && namesEtag(ifNoneMatch, etag) ? notModified(full) : full;
}

/** "Not changed": the validators and lifetime of `full` without its body (15.4.5). */
function notModified(full: Answer): Answer {
  const headers = full.headers.filter(
    ([name]) => name !== 'content-type' && name !== 'content-encoding',
  );
  return { status: 304, headers, body: [], bodySize: 0 };
}

/** Weak comparison, as If-None-Match uses it (13.1.2). */
function namesEtag(field: string, etag: string): boolean {
  if (field.trim() === '*') return true;
  return field.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}
