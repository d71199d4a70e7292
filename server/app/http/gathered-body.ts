import type { Answer, BodyRest } from '../../pipeline/origin/index.ts';

/**
 * Waits for the rest of an answer's body, for HTTP/1.0: there the end of the connection would be
 * that of the body, and half of one would look whole. Calls `done` once, with the answer as it is
 * in one piece, or undefined when it will never be whole. Returns a function that stops waiting.
 */
export function gatherBody(
  answer: Answer,
  rest: BodyRest,
  done: (whole: Answer | undefined) => void,
): () => void {
  const { status, headers } = answer;
  const body = [...answer.body];
  let bodySize = answer.bodySize;
  return rest.follow({
    take: (bytes) => {
      body.push(bytes);
      bodySize += bytes.length;
    },
    end: () => done({ status, headers, body, bodySize }),
    fail: () => done(undefined),
  });
}
