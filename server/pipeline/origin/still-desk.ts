import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { answer, conditional, type Headers, problemAnswer } from './answer.ts';
import type { Answer, DeliveryRequest } from './delivery.ts';

/** One image, or the text that names images. */
export interface Still {
  readonly kind: 'poster' | 'cues' | 'image';
  readonly bytes: Uint8Array;
}

/** Posters and thumbnails, as far as delivery needs them. */
export interface Stills {
  /**
   * What is named `poster.jpg`, `thumbnails.vtt` or `thumbnails/{name}` of a broadcast, or of the
   * stream's latest one when `broadcastId` is undefined. The same object for as long as it is the
   * same bytes.
   */
  find(
    streamId: string,
    broadcastId: string | undefined,
    name: string,
  ): Still | 'expired' | undefined;
}

/** Posters and cues change every few seconds; images never do. */
const CACHE_CONTROL: Readonly<Record<Still['kind'], string>> = {
  poster: 'max-age=2',
  cues: 'max-age=2',
  image: 'max-age=86400, immutable',
};
const CONTENT_TYPE: Readonly<Record<Still['kind'], string>> = {
  poster: 'image/jpeg',
  cues: 'text/vtt; charset=utf-8',
  image: 'image/jpeg',
};
/** Seconds that "there is none" and "it is gone" hold. */
const NONE_MAX_AGE_S = 2;
const EXPIRED_MAX_AGE_S = 60;
const ETAG_LENGTH = 22;

interface Rendered {
  readonly plain: Answer;
  readonly compressed: Answer;
}

/** Serves posters and thumbnails; each is hashed, and cues compressed, once for all viewers. */
export class StillDesk {
  readonly #stills: Stills;
  readonly #rendered = new WeakMap<Still, Rendered>();

  constructor(stills: Stills) {
    this.#stills = stills;
  }

  /** The answer for a path below `/live/`, given as its steps; undefined when it names no still. */
  handle(steps: readonly string[], request: DeliveryRequest): Answer | undefined {
    const [, , streamId = '', second = '', third = '', file = ''] = steps;
    if (steps.length === 4 && second === 'poster.jpg') {
      return this.#answer(this.#stills.find(streamId, undefined, second), request);
    }
    if (steps.length === 5 && third === 'thumbnails.vtt') {
      return this.#answer(this.#stills.find(streamId, second, third), request);
    }
    if (steps.length === 6 && third === 'thumbnails') {
      return this.#answer(this.#stills.find(streamId, second, `${third}/${file}`), request);
    }
    return undefined;
  }

  #answer(still: Still | 'expired' | undefined, request: DeliveryRequest): Answer {
    if (still === undefined) {
      return problemAnswer('not_found', 'Cannot find image: there is none', NONE_MAX_AGE_S);
    }
    if (still === 'expired') {
      const detail = 'Cannot serve image: it has left the window';
      return problemAnswer('media_expired', detail, EXPIRED_MAX_AGE_S);
    }
    let rendered = this.#rendered.get(still);
    if (rendered === undefined) {
      rendered = render(still);
      this.#rendered.set(still, rendered);
    }
    return conditional(request.ifNoneMatch, request.gzip ? rendered.compressed : rendered.plain);
  }
}

function render(still: Still): Rendered {
  const etag = createHash('sha256').update(still.bytes).digest('base64url').slice(0, ETAG_LENGTH);
  const plain = answer(200, headers(still, etag), [still.bytes]);
  // JPEG is as small as it gets.
  if (still.kind !== 'cues') return { plain, compressed: plain };
  const compressed = answer(
    200,
    [...headers(still, `${etag}g`), ['content-encoding', 'gzip']],
    [gzipSync(still.bytes)],
  );
  return { plain, compressed };
}

function headers({ kind }: Still, etag: string): Headers {
  return [
    ['content-type', CONTENT_TYPE[kind]],
    ['etag', `"${etag}"`],
    ['cache-control', CACHE_CONTROL[kind]],
    ...(kind === 'cues' ? ([['vary', 'Accept-Encoding']] as const) : []),
  ];
}
