import type { FastifyReply } from 'fastify';
import { ERROR_STATUS, type Problem, type Refusal } from '../../../contract/index.ts';

/** Media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json';

/** What refusing means, thrown where fastify leaves no other way out. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

/** The problem document of a refusal. */
export function problemOf({ refused, detail, errors }: Refusal): Problem {
  return {
    type: `/docs/errors#${refused}`,
    title: refused.replaceAll('_', ' '),
    status: ERROR_STATUS[refused],
    code: refused,
    detail,
    ...(errors === undefined ? {} : { errors }),
  };
}

/** Answers with the problem of a refusal; no cache keeps it. */
export function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const problem = problemOf(refusal);
  const isPassing = problem.status === 503 || problem.status === 429;
  if (isPassing && !reply.hasHeader('retry-after')) reply.header('retry-after', '1');
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="millrace"');
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problem)));
}
