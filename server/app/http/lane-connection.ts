/**
 * One connection of the fast lane: reads plain requests, asks the delivery handler, writes the
 * answers in order, one at a time.
 *
 *   reading --request--> held --answer--> reading          (the socket took it all)
 *                          |                ^ |
 *                          +--> sending ----+ +--other--> gone (handed over)
 *                          |       ^  drain
 *                          |     whole
 *                          +--> streaming (the body is still being made)
 *                          |
 *                          +--close--> ending --flushed--> lingering --peer's end--> gone
 *
 * I1. At most one request is with the handler; it is cancelled at once when the client leaves.
 * I2. No answer is begun before the one before it has left our queue, so that the unsent bytes of
 *     a client never pass one answer and the socket's high-water mark.
 * I3. Bytes that came early are bounded by `maxQueuedBytes` and one read.
 */
import type { Socket } from 'node:net';
import { assert } from '../../base/index.ts';
import type { Answer, BodyRest } from '../../pipeline/origin/index.ts';
import { type Persistence, type PlainRequest, recognise } from '../../wire/http1/index.ts';
import type { AnswerWriter, Writing } from './answer-writer.ts';
import type { LaneSettings } from './fast-lane.ts';
import { gatherBody } from './gathered-body.ts';
import { faultAnswer, headTimeoutAnswer } from './lane-answer.ts';
import { isPlaylistPath, sightingFields } from './playlist-witness.ts';

type Phase = 'reading' | 'held' | 'streaming' | 'sending' | 'ending' | 'lingering' | 'gone';

/** What connections share with their lane. */
export interface Lane extends LaneSettings {
  /** Monotonic milliseconds, as of the last sweep. */
  readonly nowMs: number;
  /** Whether every answer is the last of its connection. */
  readonly closing: boolean;
  forget(connection: LaneConnection): void;
  /** See `AnswerWriter.write`; counts the response. */
  write(socket: Socket, answer: Answer, writing: Writing): boolean;
  /** See `AnswerWriter.begin`; counts the response. */
  begin(socket: Socket, answer: Answer, persistence: Persistence): boolean;
  readonly writer: AnswerWriter;
  dropped(reason: DropReason): void;
}

/** Why the lane ended a connection that had not finished. */
export type DropReason =
  | 'stalled'
  | 'reply_timeout'
  | 'head_timeout'
  | 'socket_error'
  /** The rest of the answer's body never came. */
  | 'unfinished'
  | 'fault';

const NOTHING: Buffer = Buffer.alloc(0);

/** A connection of the fast lane, from accept to close or to handing over. */
export class LaneConnection {
  readonly #socket: Socket;
  readonly #lane: Lane;
  #phase: Phase = 'reading';
  /** When the phase began; while a head is incomplete, when its first bytes came. */
  #sinceMs: number;
  #queued: Buffer = NOTHING;
  /** Reads that the head in `#queued` has come in so far. */
  #pieces = 0;
  /** From when on the next playlist that is asked for is worth a mention. */
  #witnessMs = 0;
  #request: PlainRequest | undefined;
  #cancel: (() => void) | undefined;
  /** The handler is being asked: whoever asked it goes on with what is queued. */
  #isServing = false;

  constructor(socket: Socket, lane: Lane) {
    this.#socket = socket;
    this.#lane = lane;
    this.#sinceMs = lane.nowMs;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('timeout', this.#onTimeout);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  /** Ends what has lasted too long. Called about once a second. */
  sweep(): void {
    const lastedMs = this.#lane.nowMs - this.#sinceMs;
    const { limits } = this.#lane;
    switch (this.#phase) {
      case 'reading':
        if (this.#queued.length === 0) {
          if (lastedMs > limits.idleTimeoutMs) this.#end();
        } else if (lastedMs > limits.headTimeoutMs) {
          this.#giveUp(headTimeoutAnswer, 'head_timeout');
        }
        break;
      case 'streaming':
      case 'sending':
      case 'ending':
        if (lastedMs > limits.replyTimeoutMs) this.#drop('reply_timeout');
        break;
      case 'lingering':
        if (lastedMs > limits.lingerMs) this.destroy();
        break;
      case 'held':
      case 'gone':
        break;
    }
  }

  /** The lane is closing: ends the connection unless an answer is due, which will be the last. */
  close(): void {
    if (this.#phase === 'reading') this.#end();
  }

  /** Ends the connection whatever it is doing. */
  destroy(): void {
    this.#onClose();
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#phase === 'ending' || this.#phase === 'lingering') return;
    const bytes = this.#queued.length === 0 ? chunk : Buffer.concat([this.#queued, chunk]);
    if (this.#phase === 'reading') {
      this.#advance(bytes);
    } else {
      this.#queued = bytes;
      if (bytes.length > this.#lane.limits.maxQueuedBytes) this.#socket.pause();
    }
  };

  /** Serves the requests in `bytes` until one has to wait or bytes run out. */
  #advance(bytes: Buffer): void {
    let at = 0;
    while (this.#phase === 'reading' && at < bytes.length) {
      const recognition = recognise(bytes, at, this.#lane.accepts);
      if (recognition.kind === 'request') {
        const begin = at;
        at = recognition.end;
        this.#pieces = 0;
        if (this.#lane.nowMs >= this.#witnessMs) {
          this.#witness(recognition.request, bytes.subarray(begin, at));
        }
        this.#serve(recognition.request);
      } else if (recognition.kind === 'other' || this.#pieces >= this.#lane.limits.maxHeadPieces) {
        this.#handOver(bytes.subarray(at));
        return;
      } else {
        if (this.#pieces === 0) this.#sinceMs = this.#lane.nowMs;
        this.#pieces += 1;
        break;
      }
    }
    if (this.#phase !== 'ending') this.#queued = at === bytes.length ? NOTHING : bytes.subarray(at);
  }

  /** A client is the same on all requests of its connection; a proxy speaks for many. */
  #witness({ method, path, query }: PlainRequest, head: Buffer): void {
    const { witness, nowMs } = this.#lane;
    if (witness === undefined || method !== 'GET' || !isPlaylistPath(path)) return;
    const { remoteAddress } = this.#socket;
    const sighting = { path, query, remoteAddress, ...sightingFields(head) };
    const pauseMs = witness.saw(sighting);
    if (sighting.forwardedFor === undefined) this.#witnessMs = nowMs + pauseMs;
  }

  #serve(request: PlainRequest): void {
    this.#phase = 'held';
    this.#request = request;
    this.#isServing = true;
    try {
      const cancel = this.#lane.handler.handle(request, (answer) => {
        if (this.#request !== request) {
          assert(this.#phase === 'gone', 'Cannot answer request: it was answered before');
          return;
        }
        this.#answer(request, answer);
        if (!this.#isServing) this.#goOn();
      });
      if (this.#request === request) this.#cancel = cancel;
    } catch (error) {
      this.#lane.log.error({ error, path: request.path }, 'delivery request failed');
      this.#lane.responses.countFault();
      this.#giveUp(faultAnswer, 'fault');
    } finally {
      this.#isServing = false;
    }
  }

  #answer(request: PlainRequest, answer: Answer): void {
    const persistence = this.#lane.closing ? 'close' : request.persistence;
    this.#request = undefined;
    this.#cancel = undefined;
    this.#sinceMs = this.#lane.nowMs;
    if (answer.rest !== undefined && request.method === 'GET') {
      if (request.takesChunks) this.#stream(answer, answer.rest, persistence);
      else this.#gather(request, answer, answer.rest);
      return;
    }
    const drained = this.#lane.write(this.#socket, answer, {
      method: request.method,
      persistence,
    });
    this.#answered(drained, persistence === 'close');
  }

  /** The whole answer is with the socket. */
  #answered(drained: boolean, isLast: boolean): void {
    if (isLast) {
      this.#end();
    } else if (drained) {
      this.#phase = 'reading';
    } else {
      this.#phase = 'sending';
      this.#socket.setTimeout(this.#lane.limits.stallTimeoutMs);
    }
  }

  /** Holds the answer until its body is whole: the client can tell only by its length. */
  #gather(request: PlainRequest, answer: Answer, rest: BodyRest): void {
    let isSettled = false;
    const cancel = gatherBody(answer, rest, (whole) => {
      isSettled = true;
      if (this.#phase !== 'held') return;
      this.#cancel = undefined;
      if (whole === undefined) {
        this.#drop('unfinished');
        return;
      }
      this.#answer(request, whole);
      if (!this.#isServing) this.#goOn();
    });
    if (!isSettled) this.#cancel = cancel;
  }

  /** Sends what there is of a body, and the rest as it comes. */
  #stream(answer: Answer, rest: BodyRest, persistence: Persistence): void {
    const { begin, writer, limits } = this.#lane;
    const watch = (drained: boolean): void => {
      if (!drained) this.#socket.setTimeout(limits.stallTimeoutMs);
    };
    this.#phase = 'streaming';
    watch(begin(this.#socket, answer, persistence));
    const cancel = rest.follow({
      take: (bytes) => {
        if (this.#phase === 'streaming') watch(writer.writeRest(this.#socket, bytes));
      },
      end: () => {
        if (this.#phase !== 'streaming') return;
        this.#cancel = undefined;
        const drained = writer.endRest(this.#socket);
        if (drained) this.#socket.setTimeout(0);
        this.#sinceMs = this.#lane.nowMs;
        this.#answered(drained, persistence === 'close' || this.#lane.closing);
        if (!this.#isServing) this.#goOn();
      },
      fail: () => {
        if (this.#phase === 'streaming') this.#drop('unfinished');
      },
    });
    if (this.#phase === 'streaming') this.#cancel = cancel;
  }

  /** Takes up what came while an answer was due. */
  #goOn(): void {
    if (this.#phase !== 'reading') return;
    const bytes = this.#queued;
    this.#queued = NOTHING;
    if (bytes.length > 0) this.#advance(bytes);
    if (this.#phase === 'reading' && this.#socket.isPaused()) this.#socket.resume();
  }

  /** Answers for the handler and closes. */
  #giveUp(answer: Answer, reason: DropReason): void {
    if (this.#phase === 'gone') return;
    const method = this.#request?.method ?? 'GET';
    this.#forgetRequest();
    this.#lane.dropped(reason);
    this.#lane.write(this.#socket, answer, { method, persistence: 'close' });
    this.#end();
  }

  #drop(reason: DropReason): void {
    this.#lane.dropped(reason);
    this.#onClose();
    // Not an orderly end, which could pass for that of the body.
    this.#socket.resetAndDestroy();
  }

  /** Sends what is queued and our end; then the peer has `lingerMs` to send its own. */
  #end(): void {
    this.#phase = 'ending';
    this.#sinceMs = this.#lane.nowMs;
    this.#queued = NOTHING;
    this.#socket.setTimeout(this.#lane.limits.stallTimeoutMs);
    this.#socket.end(() => {
      if (this.#phase !== 'ending') return;
      this.#phase = 'lingering';
      this.#sinceMs = this.#lane.nowMs;
    });
    this.#socket.resume();
  }

  readonly #onDrain = (): void => {
    if (this.#phase === 'streaming') this.#socket.setTimeout(0);
    if (this.#phase !== 'sending') return;
    this.#socket.setTimeout(0);
    this.#phase = 'reading';
    this.#sinceMs = this.#lane.nowMs;
    if (this.#lane.closing) this.#end();
    else this.#goOn();
  };

  /** The peer sends no more. Whoever stops talking while an answer is held has left. */
  readonly #onEnd = (): void => {
    this.#forgetRequest();
    if (this.#phase !== 'ending' && this.#phase !== 'lingering') this.#end();
  };

  /** Node restarts this timer whenever a byte of a pending write leaves. */
  readonly #onTimeout = (): void => {
    if (this.#phase === 'lingering') this.destroy();
    else if (this.#phase !== 'reading' && this.#phase !== 'held') this.#drop('stalled');
  };

  readonly #onError = (error: Error): void => {
    this.#lane.dropped('socket_error');
    this.#lane.log.debug({ error }, 'viewer connection failed');
  };

  readonly #onClose = (): void => {
    this.#phase = 'gone';
    this.#queued = NOTHING;
    this.#forgetRequest();
    this.#lane.forget(this);
  };

  #forgetRequest(): void {
    const cancel = this.#cancel;
    this.#request = undefined;
    this.#cancel = undefined;
    cancel?.();
  }

  /** Gives the socket and the bytes that are not ours to the full parser, for good. */
  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    this.#phase = 'gone';
    this.#queued = NOTHING;
    this.#lane.forget(this);
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('timeout', this.#onTimeout);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    this.#lane.handOver(socket, bytes);
  }
}
