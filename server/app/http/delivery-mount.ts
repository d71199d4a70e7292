import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Stream } from 'node:http2';
import type { Clock, Log } from '../../base/index.ts';
import type {
  Answer,
  BodyRest,
  DeliveryHandler,
  DeliveryRequest,
} from '../../pipeline/origin/index.ts';
import { acceptsGzip } from '../../wire/http1/index.ts';
import { hasContentLength } from './answer-writer.ts';
import { gatherBody } from './gathered-body.ts';
import { faultAnswer, refusalAnswer } from './lane-answer.ts';
import type { HttpLimits } from './limits.ts';
import { isPlaylistPath, type PlaylistWitness, sightingFields } from './playlist-witness.ts';
import type { ResponseTally } from './response-tally.ts';

/** What the mount needs. */
export interface MountSettings {
  readonly log: Log;
  readonly clock: Clock;
  readonly handler: DeliveryHandler;
  /** Whether a raw path is one that the handler answers. */
  readonly accepts: (path: string) => boolean;
  readonly limits: HttpLimits;
  readonly responses: ResponseTally;
  /** Told of playlists that are asked for. */
  readonly witness?: PlaylistWitness | undefined;
  /** Whether connections are to end with their next answer. */
  readonly closing: () => boolean;
}

/** Octets of a path and query by RFC 3986; Node lets more through. */
const TARGET = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*$/;
const METHODS = 'GET, HEAD, OPTIONS';

const badTarget = refusalAnswer({
  refused: 'invalid_request',
  detail: 'Cannot read address: it holds characters that must be percent-encoded',
});

/** CORS preflight (Fetch section 4.8): the answer holds for every delivery path. */
const preflight: Answer = {
  status: 204,
  headers: [
    ['allow', METHODS],
    ['access-control-allow-origin', '*'],
    ['access-control-allow-methods', METHODS],
    ['access-control-allow-headers', 'If-None-Match, If-Range, Range'],
    ['access-control-max-age', '86400'],
  ],
  body: [],
  bodySize: 0,
};

/**
 * The delivery handler behind Node's own servers: for connections that the fast lane gave away,
 * for HTTP/1.1 over TLS and for HTTP/2.
 */
export class DeliveryMount {
  readonly #settings: MountSettings;
  /** From when on the next playlist over a connection is worth a mention, in monotonic milliseconds. */
  readonly #witnessMs = new WeakMap<object, number>();

  constructor(settings: MountSettings) {
    this.#settings = settings;
  }

  /** Answers the request if its path is for delivery; says whether it was. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const { path, query } = split(request.url ?? '');
    if (!this.#settings.accepts(path)) return false;
    const { method = '' } = request;
    const send = (answer: Answer): void => this.send(response, answer);
    if (method === 'OPTIONS') {
      send(preflight);
    } else if (method !== 'GET' && method !== 'HEAD') {
      send(methodRefusal(method));
    } else if (!TARGET.test(path) || !TARGET.test(query)) {
      send(badTarget);
    } else {
      const { headers } = request;
      if (method === 'GET') this.#witness(request, path, query);
      this.#handle(response, send, {
        method,
        path,
        query,
        gzip: acceptsGzip(one(headers['accept-encoding'])),
        ifNoneMatch: headers['if-none-match'],
        // To send the whole is always right (RFC 9110 section 13.1.5).
        range: headers['if-range'] === undefined ? headers.range : undefined,
      });
    }
    return true;
  }

  /** A client is the same on all requests of its connection; a proxy speaks for many. */
  #witness(request: IncomingMessage, path: string, query: string): void {
    const { witness, clock } = this.#settings;
    if (witness === undefined || !isPlaylistPath(path)) return;
    const nowMs = clock.monotonicMs();
    const connection = connectionOf(request);
    if (nowMs < (this.#witnessMs.get(connection) ?? nowMs)) return;
    const { remoteAddress } = request.socket;
    const sighting = { path, query, remoteAddress, ...sightingFields(request.headers) };
    const pauseMs = witness.saw(sighting);
    if (sighting.forwardedFor === undefined) this.#witnessMs.set(connection, nowMs + pauseMs);
  }

  #handle(
    response: ServerResponse,
    send: (answer: Answer) => void,
    request: DeliveryRequest,
  ): void {
    let isAnswered = false;
    try {
      const cancel = this.#settings.handler.handle(request, (answer) => {
        isAnswered = true;
        send(answer);
      });
      if (cancel === undefined) return;
      response.on('close', () => {
        if (!isAnswered) cancel();
      });
    } catch (error) {
      this.#settings.log.error({ error, path: request.path }, 'delivery request failed');
      this.#settings.responses.countFault();
      send(faultAnswer);
    }
  }

  /** Sends an answer; of one to HEAD only the head. */
  send(response: ServerResponse, answer: Answer): void {
    const { closing, limits, responses } = this.#settings;
    if (response.destroyed) return;
    const rest = response.req.method === 'HEAD' ? undefined : answer.rest;
    if (rest !== undefined && response.req.httpVersion === '1.0') {
      const cancel = gatherBody(answer, rest, (whole) => {
        if (whole === undefined) response.destroy();
        else this.send(response, whole);
      });
      response.on('close', cancel);
      return;
    }
    responses.count('delivery', answer.status);
    const headers: string[] = [];
    for (const [name, value] of answer.headers) headers.push(name, value);
    if (hasContentLength(answer)) headers.push('content-length', `${answer.bodySize}`);
    const isHttp1 = response.req.httpVersionMajor === 1;
    if (isHttp1 && closing()) headers.push('connection', 'close');
    response.writeHead(answer.status, headers);
    response.on('timeout', () => cutOff(response, 'the client does not read'));
    if (answer.bodySize > 0) response.setTimeout(limits.stallTimeoutMs);
    let isDrained = true;
    if (response.req.method !== 'HEAD') {
      for (const chunk of answer.body) isDrained = response.write(chunk);
    }
    if (rest === undefined) response.end();
    else follow(rest, { response, isDrained, stallTimeoutMs: limits.stallTimeoutMs });
  }
}

/**
 * Sends the rest of a body as it comes; a client that leaves is forgotten. While the client has
 * taken all there is, it waits for us and does not stall.
 */
function follow(
  rest: BodyRest,
  sending: {
    readonly response: ServerResponse;
    readonly isDrained: boolean;
    readonly stallTimeoutMs: number;
  },
): void {
  const { response, isDrained, stallTimeoutMs } = sending;
  const watch = (drained: boolean): void => {
    response.setTimeout(drained ? 0 : stallTimeoutMs);
  };
  watch(isDrained);
  response.on('drain', () => watch(!response.writableNeedDrain));
  const cancel = rest.follow({
    take: (bytes) => {
      if (!response.destroyed) watch(response.write(bytes));
    },
    end: () => {
      watch(false);
      response.end();
    },
    fail: () => cutOff(response, 'the rest never came'),
  });
  response.on('close', cancel);
}

/** Ends a body so that the client can tell: HTTP/2 takes an end without an error for that of it. */
function cutOff(response: ServerResponse, reason: string): void {
  const isHttp1 = response.req.httpVersionMajor === 1;
  response.destroy(isHttp1 ? undefined : new Error(`Cannot finish body: ${reason}`));
}

/** In HTTP/2 each stream has a socket of its own, by its looks. */
function connectionOf(request: IncomingMessage & { readonly stream?: Http2Stream }): object {
  return request.stream?.session ?? request.socket;
}

function methodRefusal(method: string): Answer {
  return refusalAnswer(
    {
      refused: 'method_not_allowed',
      detail: `Cannot ${method} here: only ${METHODS} are allowed`,
    },
    [['allow', METHODS]],
  );
}

/** A field that Node has joined already or, by its types, might not have. */
function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

function split(url: string): { readonly path: string; readonly query: string } {
  const question = url.indexOf('?');
  if (question === -1) return { path: url, query: '' };
  return { path: url.slice(0, question), query: url.slice(question + 1) };
}
