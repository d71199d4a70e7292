import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { writeMultivariantPlaylist } from '../../format/hls/index.ts';
import type { Presentation, RenditionAddress } from '../../live/index.ts';
import { answer, conditional, problemAnswer } from './answer.ts';
import type { Answer, DeliveryRequest } from './delivery.ts';

/** Seconds that caches keep what measured bandwidths may change with the next segment. */
const MAX_AGE_S = 1;
const ETAG_LENGTH = 22;

/** One text with the answers made of it so far. */
interface Rendered {
  readonly text: string;
  readonly etag: string;
  plain: Answer | undefined;
  compressed: Answer | undefined;
}

/** Serves one presentation's multivariant playlist; each text of it is compressed once. */
export class MultivariantDesk {
  readonly #presentation: Presentation;
  readonly #address: RenditionAddress;
  #rendered: Rendered | undefined;

  constructor(presentation: Presentation, address: RenditionAddress) {
    this.#presentation = presentation;
    this.#address = address;
  }

  handle(request: DeliveryRequest): Answer {
    const playlist = this.#presentation.multivariant(this.#address);
    if (playlist.variants.length === 0) {
      return problemAnswer(
        'playlist_not_ready',
        'Cannot write multivariant playlist: no rendition has a bandwidth yet',
        MAX_AGE_S,
      );
    }
    const rendered = this.#render(writeMultivariantPlaylist(playlist));
    const full = request.gzip ? compressed(rendered) : plain(rendered);
    return conditional(request.ifNoneMatch, full);
  }

  #render(text: string): Rendered {
    if (this.#rendered?.text !== text) {
      const etag = createHash('sha256').update(text).digest('base64url').slice(0, ETAG_LENGTH);
      this.#rendered = { text, etag, plain: undefined, compressed: undefined };
    }
    return this.#rendered;
  }
}

function plain(rendered: Rendered): Answer {
  rendered.plain ??= answer(200, headers(rendered.etag), [Buffer.from(rendered.text)]);
  return rendered.plain;
}

function compressed(rendered: Rendered): Answer {
  rendered.compressed ??= answer(
    200,
    [...headers(`${rendered.etag}g`), ['content-encoding', 'gzip']],
    [gzipSync(rendered.text)],
  );
  return rendered.compressed;
}

function headers(etag: string): [string, string][] {
  return [
    ['content-type', 'application/vnd.apple.mpegurl'],
    ['etag', `"${etag}"`],
    ['cache-control', `max-age=${MAX_AGE_S}`],
    ['vary', 'Accept-Encoding'],
  ];
}
