import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer } from '../../pipeline/origin/index.ts';
import {
  CHUNK_END,
  chunkHead,
  LAST_CHUNK,
  type Persistence,
  responseHead,
} from '../../wire/http1/index.ts';

/**
 * Answers up to this size are kept as one buffer of head and body: one write call, no vector.
 * Larger ones are not copied.
 */
const MAX_WHOLE_BYTES = 65_536;

const CHUNKED = ['transfer-encoding', 'chunked'] as const;

/** The octets of an answer for a persisting HTTP/1.1 connection, true for one second. */
interface Serialised {
  readonly date: string;
  readonly head: Buffer;
  readonly whole: Buffer | undefined;
}

/** What a request asks of how its answer is written. */
export interface Writing {
  readonly method: 'GET' | 'HEAD';
  readonly persistence: Persistence;
}

/** Writes answers in HTTP/1.1, each serialised once a second, however many clients get it. */
export class AnswerWriter {
  readonly #serialised = new WeakMap<Answer, Serialised>();
  #date = '';

  constructor(epochMs: number) {
    this.dateIs(epochMs);
  }

  /** Sets the clock of the Date field; called about once a second. */
  dateIs(epochMs: number): void {
    this.#date = new Date(epochMs).toUTCString();
  }

  /** Queues the answer. False when the socket holds more than it should: wait for its drain. */
  write(socket: Socket, answer: Answer, { method, persistence }: Writing): boolean {
    const ready = persistence === 'persist' ? this.#ready(answer) : undefined;
    const head = ready?.head ?? this.#head(answer, persistence);
    if (method === 'HEAD' || answer.bodySize === 0) return socket.write(head);
    if (ready?.whole !== undefined) return socket.write(ready.whole);
    socket.cork();
    let drained = socket.write(head);
    for (const chunk of answer.body) drained = socket.write(chunk);
    socket.uncork();
    return drained;
  }

  /**
   * Queues the beginning of an answer whose body is still being made; its rest goes through
   * `writeRest` and `endRest`. In chunks even on a connection that ends with it: one cut short
   * must not pass for a whole one.
   */
  begin(socket: Socket, answer: Answer, persistence: Persistence): boolean {
    const headers = [...answer.headers, CHUNKED];
    socket.cork();
    let drained = socket.write(this.#head({ ...answer, headers }, persistence));
    for (const chunk of answer.body) drained = this.writeRest(socket, chunk);
    socket.uncork();
    return drained;
  }

  /** Queues more of a body; as `write`. */
  writeRest(socket: Socket, bytes: Uint8Array): boolean {
    // A chunk without bytes would end the body.
    if (bytes.length === 0) return !socket.writableNeedDrain;
    socket.cork();
    socket.write(chunkHead(bytes.length), 'latin1');
    socket.write(bytes);
    const drained = socket.write(CHUNK_END, 'latin1');
    socket.uncork();
    return drained;
  }

  /** Ends a chunked body; as `write`. */
  endRest(socket: Socket): boolean {
    return socket.write(LAST_CHUNK, 'latin1');
  }

  #ready(answer: Answer): Serialised {
    const kept = this.#serialised.get(answer);
    if (kept !== undefined && kept.date === this.#date) return kept;
    const head = this.#head(answer, 'persist');
    const isSmall = head.length + answer.bodySize <= MAX_WHOLE_BYTES;
    const whole = isSmall ? Buffer.concat([head, ...answer.body]) : undefined;
    const made: Serialised = { date: this.#date, head, whole };
    this.#serialised.set(answer, made);
    return made;
  }

  #head(answer: Answer, persistence: Persistence): Buffer {
    const head = responseHead({
      status: answer.status,
      reason: STATUS_CODES[answer.status] ?? '',
      date: this.#date,
      headers: answer.headers,
      contentLength: hasContentLength(answer) ? answer.bodySize : undefined,
      persistence,
    });
    return Buffer.from(head, 'latin1');
  }
}

/**
 * RFC 9110 section 8.6: 204 must not state a length; that of a 304 would be the full answer's, and
 * that of a body still being made is not known.
 */
export function hasContentLength({ status, rest }: Answer): boolean {
  return status !== 204 && status !== 304 && rest === undefined;
}
