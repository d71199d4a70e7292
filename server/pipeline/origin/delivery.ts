/** One GET or HEAD for something that viewers and caches fetch, whatever transport it came by. */
export interface DeliveryRequest {
  readonly method: 'GET' | 'HEAD';
  /** The path as sent, undecoded, without the query. */
  readonly path: string;
  /** The query as sent, without the question mark; empty when there is none. */
  readonly query: string;
  /** Whether the client takes `Content-Encoding: gzip`. */
  readonly gzip: boolean;
  readonly ifNoneMatch: string | undefined;
  readonly range: string | undefined;
}

/** Takes the rest of a body as it comes. */
export interface BodyReader {
  take(bytes: Uint8Array): void;
  /** The body is whole. Nothing is called after it. */
  end(): void;
  /** The rest will never come: the client must be able to tell. Nothing is called after it. */
  fail(): void;
}

/** What of a body is still being made. */
export interface BodyRest {
  /**
   * Gives `reader` everything after the bytes that the answer holds; may call it before it
   * returns. Returns a function that forgets the reader.
   */
  follow(reader: BodyReader): () => void;
}

/**
 * An answer. The same object goes to every request it fits, so a transport may keep its
 * serialised form beside it. Content-Length is `bodySize`; it is not among the headers.
 */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: readonly Uint8Array[];
  /** Bytes of `body` in all; stated for HEAD too, where a transport sends none of them. */
  readonly bodySize: number;
  /** Set when `body` is only the beginning: no Content-Length can be stated. */
  readonly rest?: BodyRest;
}

/** Answers delivery requests: at once, or when the media that was asked for is there. */
export interface DeliveryHandler {
  /**
   * Calls `reply` exactly once, now or later. Returns a function that forgets the request (the
   * client went away; `reply` is then never called) when it is held, undefined when answered.
   */
  handle(request: DeliveryRequest, reply: (answer: Answer) => void): (() => void) | undefined;
}
