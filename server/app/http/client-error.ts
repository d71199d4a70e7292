import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refusal } from '../../../contract/index.ts';
import type { Clock } from '../../base/index.ts';
import { MAX_HEAD_BYTES, responseHead } from '../../wire/http1/index.ts';
import { headTimeoutAnswer, refusalAnswer } from './lane-answer.ts';
import type { HttpLimits } from './limits.ts';
import type { ResponseTally } from './response-tally.ts';

/** What answering a client needs that Node's parser gave up on. */
export interface ClientErrorSettings {
  readonly clock: Clock;
  readonly limits: HttpLimits;
  readonly responses: ResponseTally;
}

const headTooLarge: Refusal = {
  refused: 'header_too_large',
  detail: `Cannot read request: its head is larger than ${MAX_HEAD_BYTES} bytes`,
};
const unreadable: Refusal = {
  refused: 'invalid_request',
  detail: 'Cannot read request: it is not HTTP/1.1',
};

/** A listener for `clientError` that says what was wrong, unless an answer is under way. */
export function clientErrorListener({ clock, limits, responses }: ClientErrorSettings) {
  return (error: NodeJS.ErrnoException, socket: Duplex): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) {
      socket.destroy(error);
      return;
    }
    if (!socket.writable) return;
    const current: unknown = Reflect.get(socket, '_httpMessage');
    if (current instanceof ServerResponse && current.headersSent) {
      socket.destroy(error);
      return;
    }
    const answer = answerTo(error.code);
    responses.count('page', answer.status);
    const head = responseHead({
      status: answer.status,
      reason: '',
      date: new Date(clock.epochMs()).toUTCString(),
      headers: answer.headers,
      contentLength: answer.bodySize,
      persistence: 'close',
    });
    socket.end(Buffer.concat([Buffer.from(head, 'latin1'), ...answer.body]));
    // Destroyed at once, what the client still sends would reset the answer away.
    const cancel = clock.after(limits.lingerMs, () => socket.destroy());
    socket.once('close', cancel);
  };
}

function answerTo(code: string | undefined) {
  if (code === 'HPE_HEADER_OVERFLOW') return refusalAnswer(headTooLarge);
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return headTimeoutAnswer;
  return refusalAnswer(unreadable);
}
