import type { Cancel } from '../../base/index.ts';
import { MediaRing, type Timeline } from '../../live/index.ts';
import { answer, conditional, type Headers, problemAnswer } from './answer.ts';
import { parseRange, sliceChunks } from './byte-range.ts';
import type { Answer, DeliveryRequest } from './delivery.ts';
import type { GrowingSegments } from './growing-segments.ts';
import type { HoldList } from './hold-list.ts';

/** Names are never used again, so media may stay in caches far beyond its window. */
const MEDIA_CACHE_CONTROL = 'max-age=3600, immutable';
/** Seconds that "it is gone" holds: for ever, in truth. */
const EXPIRED_MAX_AGE_S = 60;
const NEVER_MAX_AGE_S = 1;
const LONGEST_WAIT_TARGET_DURATIONS = 3;
/** A window's parts and segments; older ones leave first. Answers hold no bytes of their own. */
const MOST_KEPT_ANSWERS = 64;

/** What a media desk needs of its owner. */
export interface MediaDeskSettings {
  readonly ring: MediaRing;
  readonly timeline: Timeline;
  readonly holds: HoldList;
  readonly growing: GrowingSegments;
  readonly kind: 'video' | 'audio';
  /** Makes entity tags unique: the broadcast and rendition. */
  readonly scope: string;
}

/** Serves one rendition's parts, segments and init segments from memory. */
export class MediaDesk {
  readonly #settings: MediaDeskSettings;
  /** Whole answers by name for as long as their bytes are in the ring, shared by all viewers. */
  readonly #answers = new Map<string, { readonly body: readonly Uint8Array[]; made: Answer }>();

  constructor(settings: MediaDeskSettings) {
    this.#settings = settings;
  }

  /** As `DeliveryHandler.handle`, for the file `name`. */
  handle(
    name: string,
    request: DeliveryRequest,
    reply: (answer: Answer) => void,
  ): Cancel | undefined {
    const now = this.#poll(name, request);
    if (now !== undefined) {
      reply(now);
      return undefined;
    }
    const { holds, timeline } = this.#settings;
    if (!holds.hasRoom) {
      reply(problemAnswer('too_many_held', 'Cannot hold another request: server is full', 0));
      return undefined;
    }
    const waitS = LONGEST_WAIT_TARGET_DURATIONS * timeline.targetDuration;
    const tooLate = (): Answer =>
      problemAnswer('held_too_long', `Cannot answer within ${waitS} s: nothing new came`, 0);
    const poll = (): Answer | undefined => this.#poll(name, request);
    return holds.hold({ poll, reply, tooLate }, waitS * 1000);
  }

  /** The answer, or undefined while what is asked for is only hinted at. */
  #poll(name: string, request: DeliveryRequest): Answer | undefined {
    const { ring } = this.#settings;
    const found = ring.lookup(name);
    const growing = found === 'never' ? this.#growing(name) : undefined;
    if (growing !== undefined) return growing === 'wait' ? undefined : growing;
    if (found === 'wait') return undefined;
    if (found === 'expired') {
      this.#answers.delete(name);
      return problemAnswer(
        'media_expired',
        `Cannot serve ${name}: it has left the window`,
        EXPIRED_MAX_AGE_S,
      );
    }
    if (found === 'never') {
      return problemAnswer(
        'not_found',
        'Cannot serve media: there is none of that name',
        NEVER_MAX_AGE_S,
      );
    }
    const full = this.#whole(name, found.found);
    const fit = conditional(request.ifNoneMatch, full);
    if (fit !== full || request.range === undefined) return fit;
    return this.#ranged(full, request.range);
  }

  /**
   * The segment being made: the parts so far at once and each other one as it comes. Its range
   * cannot be known yet, so it goes whole to whoever asks (RFC 9110 14.2 leaves that open).
   */
  #growing(name: string): Answer | 'wait' | undefined {
    const { growing } = this.#settings;
    const msn = MediaRing.segmentOf(name);
    const open = msn === undefined ? undefined : growing.open(msn);
    if (open === undefined) return undefined;
    if (open.parts.length === 0) return 'wait';
    if (!growing.hasRoom) {
      return problemAnswer('too_many_held', 'Cannot hold another request: server is full', 0);
    }
    return { ...answer(200, this.#headers(name), open.parts), rest: open.rest };
  }

  #whole(name: string, body: readonly Uint8Array[]): Answer {
    const kept = this.#answers.get(name);
    if (kept !== undefined && kept.body === body) return kept.made;
    const made = answer(200, this.#headers(name), body);
    if (this.#answers.size >= MOST_KEPT_ANSWERS) this.#dropOldest();
    this.#answers.set(name, { body, made });
    return made;
  }

  #dropOldest(): void {
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined) this.#answers.delete(oldest);
  }

  #headers(name: string): Headers {
    return [
      ['content-type', this.#settings.kind === 'video' ? 'video/mp4' : 'audio/mp4'],
      ['etag', `"${this.#settings.scope}-${name}"`],
      ['cache-control', MEDIA_CACHE_CONTROL],
      ['accept-ranges', 'bytes'],
    ];
  }

  #ranged(full: Answer, field: string): Answer {
    const range = parseRange(field, full.bodySize);
    if (range === 'whole') return full;
    if (range === 'unsatisfiable') {
      const refusal = problemAnswer(
        'range_not_satisfiable',
        `Cannot serve range: the body has ${full.bodySize} bytes`,
        0,
      );
      return {
        ...refusal,
        headers: [...refusal.headers, ['content-range', `bytes */${full.bodySize}`]],
      };
    }
    const body = sliceChunks(full.body, range.first, range.last);
    return {
      status: 206,
      headers: [
        ...full.headers,
        ['content-range', `bytes ${range.first}-${range.last}/${full.bodySize}`],
      ],
      body,
      bodySize: range.last - range.first + 1,
    };
  }
}
