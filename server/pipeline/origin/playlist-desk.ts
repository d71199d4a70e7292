import { gzipSync } from 'node:zlib';
import type { Cancel, Clock } from '../../base/index.ts';
import {
  type RenditionReport,
  SKIP_BOUNDARY_TARGET_DURATIONS,
  skippableSegments,
  writeMediaPlaylist,
} from '../../format/hls/index.ts';
import type { Presentation, Rendition } from '../../live/index.ts';
import { answer, conditional, problemAnswer } from './answer.ts';
import type { Answer, DeliveryRequest } from './delivery.ts';
import { parseDirectives } from './directives.ts';
import type { HoldList } from './hold-list.ts';

/** A blocked reload is answered within so many target durations, else 503 (6.2.5.2). */
const LONGEST_WAIT_TARGET_DURATIONS = 3;
/** Seconds that caches keep an ended playlist: it will never change. */
const ENDED_MAX_AGE_S = 60;
const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

/** What a desk needs of its owner. */
export interface DeskSettings {
  readonly presentation: Presentation;
  readonly rendition: Rendition;
  readonly clock: Clock;
  readonly holds: HoldList;
  /** Of this run of the server and this desk, for entity tags: versions start anew with either. */
  readonly scope: string;
}

/** The text of one version, plain and compressed, and the answers made of it so far. */
interface Rendered {
  readonly version: number;
  readonly presentationVersion: number;
  readonly answers: (Answer | undefined)[];
  readonly bodies: (Uint8Array | undefined)[];
  skip: number | undefined;
}

/**
 * Serves one rendition's media playlist. Each version is written once and compressed once,
 * however many ask for it.
 */
export class PlaylistDesk {
  readonly #settings: DeskSettings;
  #rendered: Rendered | undefined;

  constructor(settings: DeskSettings) {
    this.#settings = settings;
  }

  /** As `DeliveryHandler.handle`. */
  handle(request: DeliveryRequest, reply: (answer: Answer) => void): Cancel | undefined {
    if (request.query === '') {
      reply(this.#plain(request));
      return undefined;
    }
    return this.#directed(request, reply);
  }

  #plain(request: DeliveryRequest): Answer {
    return conditional(request.ifNoneMatch, this.#current(false, request.gzip, false));
  }

  #directed(request: DeliveryRequest, reply: (answer: Answer) => void): Cancel | undefined {
    const timeline = this.#settings.rendition.timeline;
    const directives = parseDirectives(request.query);
    if (timeline.ended) {
      reply(this.#plain(request));
      return undefined;
    }
    if (typeof directives === 'string') {
      reply(problemAnswer('invalid_delivery_directive', `Cannot read query: ${directives}`, 1));
      return undefined;
    }
    const { mediaSequenceNumber, part, skip } = directives;
    const poll = (): Answer | undefined => {
      if (mediaSequenceNumber === undefined) {
        return conditional(request.ifNoneMatch, this.#current(skip, request.gzip, false));
      }
      const edge = timeline.respond(mediaSequenceNumber, part);
      if (edge === 'wait') return undefined;
      if (edge === 'too_far_ahead') return this.#tooFarAhead(mediaSequenceNumber, part);
      return conditional(request.ifNoneMatch, this.#current(skip, request.gzip, true));
    };
    const now = poll();
    if (now !== undefined) {
      reply(now);
      return undefined;
    }
    return this.#hold(poll, reply);
  }

  #hold(poll: () => Answer | undefined, reply: (answer: Answer) => void): Cancel | undefined {
    const { holds, rendition } = this.#settings;
    if (!holds.hasRoom) {
      reply(problemAnswer('too_many_held', 'Cannot hold another request: server is full', 0));
      return undefined;
    }
    const waitS = LONGEST_WAIT_TARGET_DURATIONS * rendition.timeline.targetDuration;
    const tooLate = (): Answer =>
      problemAnswer('held_too_long', `Cannot answer within ${waitS} s: nothing new came`, 0);
    return holds.hold({ poll, reply, tooLate }, waitS * 1000);
  }

  #tooFarAhead(mediaSequenceNumber: number, part: number | undefined): Answer {
    const edge = this.#settings.rendition.timeline.edge();
    const asked = part === undefined ? '' : ` part ${part}`;
    const at = edge === undefined ? 'nothing' : `segment ${edge.mediaSequenceNumber}`;
    return problemAnswer(
      'invalid_delivery_directive',
      `Cannot wait for segment ${mediaSequenceNumber}${asked}: the last one listed is ${at}`,
      1,
    );
  }

  /** The answer with the present version; `blocking` ones have an address of their own in caches. */
  #current(wantsSkip: boolean, gzip: boolean, blocking: boolean): Answer {
    const rendered = this.#render();
    const skip = wantsSkip && this.#skip(rendered) > 0;
    const slot = (skip ? 4 : 0) + (gzip ? 2 : 0) + (blocking ? 1 : 0);
    let made = rendered.answers[slot];
    if (made === undefined) {
      made = this.#makeAnswer(rendered, { skip, gzip, blocking });
      rendered.answers[slot] = made;
    }
    return made;
  }

  #render(): Rendered {
    const { presentation, rendition } = this.#settings;
    const version = rendition.timeline.version;
    const presentationVersion = presentation.version;
    const last = this.#rendered;
    if (last?.version === version && last.presentationVersion === presentationVersion) return last;
    this.#rendered = { version, presentationVersion, answers: [], bodies: [], skip: undefined };
    return this.#rendered;
  }

  #skip(rendered: Rendered): number {
    rendered.skip ??= skippableSegments(this.#settings.rendition.timeline.playlist([]));
    return rendered.skip;
  }

  #makeAnswer(
    rendered: Rendered,
    form: { readonly skip: boolean; readonly gzip: boolean; readonly blocking: boolean },
  ): Answer {
    const variant = `${form.skip ? 's' : ''}${form.gzip ? 'g' : ''}`;
    const versions = `${rendered.version}.${rendered.presentationVersion}`;
    const body = this.#body(rendered, form.skip, form.gzip);
    const headers: [string, string][] = [
      ['content-type', PLAYLIST_TYPE],
      ['etag', `"${this.#settings.scope}-${versions}${variant}"`],
      ['cache-control', `max-age=${this.#maxAge(form.blocking)}`],
      ['vary', 'Accept-Encoding'],
    ];
    if (form.gzip) headers.push(['content-encoding', 'gzip']);
    return answer(200, headers, [body]);
  }

  /** Lifetimes of appendix B.1: half a target duration, or the whole window when blocked. */
  #maxAge(blocking: boolean): number {
    const { ended, targetDuration } = this.#settings.rendition.timeline;
    if (ended) return ENDED_MAX_AGE_S;
    if (blocking) return SKIP_BOUNDARY_TARGET_DURATIONS * targetDuration;
    return Math.max(1, Math.floor(targetDuration / 2));
  }

  #body(rendered: Rendered, skip: boolean, gzip: boolean): Uint8Array {
    const slot = (skip ? 2 : 0) + (gzip ? 1 : 0);
    let body = rendered.bodies[slot];
    if (body === undefined) {
      body = gzip ? gzipSync(this.#body(rendered, skip, false)) : this.#text(rendered, skip);
      rendered.bodies[slot] = body;
    }
    return body;
  }

  #text(rendered: Rendered, skip: boolean): Uint8Array {
    const timeline = this.#settings.rendition.timeline;
    const reports = timeline.partTarget === undefined ? [] : this.#reports();
    const playlist = timeline.playlist(reports);
    return Buffer.from(writeMediaPlaylist(playlist, skip ? this.#skip(rendered) : 0));
  }

  #reports(): RenditionReport[] {
    const { presentation, rendition } = this.#settings;
    const reports: RenditionReport[] = [];
    for (const other of presentation.renditions.values()) {
      const edge = other === rendition ? undefined : other.timeline.edge();
      if (edge === undefined) continue;
      reports.push({
        uri: `../${other.name}/playlist.m3u8`,
        lastMediaSequenceNumber: edge.mediaSequenceNumber,
        lastPart: edge.part,
      });
    }
    return reports;
  }
}
