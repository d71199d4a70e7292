import type { Refusal } from '../../../contract/index.ts';
import type { Answer } from '../../pipeline/origin/index.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

/** What a viewer is told about a fault of ours: nothing of its inside. */
export const faultAnswer: Answer = refusalAnswer({
  refused: 'internal_error',
  detail: 'Cannot answer request: the server failed',
});

/** What a client is told that does not finish its request. */
export const headTimeoutAnswer: Answer = refusalAnswer({
  refused: 'request_timeout',
  detail: 'Cannot answer request: it did not arrive in time',
});

/** A refusal as a delivery answer; any page may read it, as it may what viewers get. */
export function refusalAnswer(
  refusal: Refusal,
  headers: readonly (readonly [string, string])[] = [],
): Answer {
  const problem = problemOf(refusal);
  const body = Buffer.from(JSON.stringify(problem));
  return {
    status: problem.status,
    headers: [
      ['content-type', PROBLEM_TYPE],
      ['cache-control', 'no-store'],
      ['access-control-allow-origin', '*'],
      ...headers,
    ],
    body: [body],
    bodySize: body.length,
  };
}
