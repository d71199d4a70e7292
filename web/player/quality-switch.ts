/** Takes a viewer from one quality to another without a moment that shows none. */
import type Hls from 'hls.js';
import { Events, type Fragment, type Level, type LevelDetails } from 'hls.js';
import type { Quality } from './engine-report.ts';
import { bufferedAheadS, labelOf } from './hls-reading.ts';
import { mayLoadNext } from './segment-abr.ts';

/** What has to lie ahead, in seconds, before a seek shows it without another pause; less than that behind is no fault. */
const LEAST_TO_SHOW_S = 0.1;

/** A rendition that is further behind, in segments, is not waited for. */
const MOST_SEGMENTS_LATE = 1;

/** What of a playlist says how far it and the other renditions are. */
export interface Progress extends Pick<LevelDetails, 'lastPartSn' | 'lastPartIndex'> {
  readonly renditionReports?: { [attribute: string]: string }[] | undefined;
}

/** The qualities of one broadcast by numbers that stay, and the way from one to another. */
export class QualitySwitch {
  readonly #hls: Hls;
  readonly #video: HTMLVideoElement;
  readonly #onSeek: () => void;
  readonly #ids = new Map<Level, number>();
  /** What a viewer chose, until it can be gone over to. */
  #chosen: Level | null = null;
  /** Path of the playlist that pictures last came from. */
  #playlistPath: string | null = null;
  /** Set while the pictures of another playlist begin to come. */
  #isTakenOver = false;

  /** `onSeek` hears of a seek to where playback is, just before it. */
  constructor(hls: Hls, video: HTMLVideoElement, onSeek: () => void) {
    this.#hls = hls;
    this.#video = video;
    this.#onSeek = onSeek;
    hls.on(Events.LEVEL_UPDATED, (_event, { details }) => {
      expectInStep(details);
      this.#goOver();
    });
    // By the time that it is buffered, hls.js has chosen what comes next.
    hls.on(Events.FRAG_LOADED, () => this.#goOver());
    hls.on(Events.FRAG_BUFFERED, (_event, { frag }) => {
      if (frag.type === 'main') this.#showTakenOver(frag);
    });
  }

  /** What there is to choose from, the best first. */
  get qualities(): Quality[] {
    const qualities = this.#hls.levels.map((level) => ({
      id: this.idOf(level),
      label: labelOf(level),
    }));
    return qualities.toReversed();
  }

  /** hls.js knows levels by an index, and they lose it when one of them is gone. */
  idOf(level: Level): number {
    const id = this.#ids.get(level) ?? this.#ids.size;
    this.#ids.set(level, id);
    return id;
  }

  /** Plays one quality, or the best that fits with -1 and where that one is gone. */
  choose(id: number): void {
    this.#chosen = this.#hls.levels.find((level) => this.idOf(level) === id) ?? null;
    if (this.#chosen === null) this.#hls.loadLevel = -1;
    else this.#goOver();
  }

  /** What is buffered is played: the other picture a segment later is better than none for a moment. */
  #goOver(): void {
    if (this.#chosen === null) return;
    const index = this.#hls.levels.indexOf(this.#chosen);
    if (index !== -1 && !mayLoadNext(this.#hls, index)) return;
    this.#chosen = null;
    this.#hls.loadLevel = index;
  }

  /**
   * A quality that takes over in need begins with the segment that is playing. Browsers finish the
   * old pictures of it, and then show none until the next keyframe: a seek has them begin anew.
   */
  #showTakenOver({ baseurl, start }: Fragment): void {
    const { currentTime, seeking } = this.#video;
    const path = new URL(baseurl).pathname;
    if (this.#playlistPath !== null && path !== this.#playlistPath) {
      this.#isTakenOver = !seeking && start < currentTime - LEAST_TO_SHOW_S;
    }
    this.#playlistPath = path;
    if (!this.#isTakenOver || bufferedAheadS(this.#video) < LEAST_TO_SHOW_S) return;
    this.#isTakenOver = false;
    this.#onSeek();
    this.#video.currentTime = currentTime;
  }
}

/**
 * Whoever goes over asks for the part that the other rendition last had, as reported (RFC 8216bis, 4.4.5.4), and would
 * begin with the segment before when it is a moment late. Asked for the newest part of this one, the server waits.
 */
export function expectInStep({ renditionReports, lastPartSn, lastPartIndex }: Progress): void {
  for (const report of renditionReports ?? []) {
    if (lastPartSn - Number(report['LAST-MSN']) > MOST_SEGMENTS_LATE) continue;
    report['LAST-MSN'] = String(lastPartSn);
    report['LAST-PART'] = String(lastPartIndex);
  }
}
