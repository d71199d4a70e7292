/**
 * Plays one broadcast with hls.js in a video element, keeps it near live, and reports what a viewer would notice.
 * Drives hls.js, with `quality-switch.ts` and `segment-abr.ts`; loaded on its own, since hls.js is by far the largest thing on the page.
 */
import Hls, { type ErrorData, ErrorDetails, ErrorTypes, Events } from 'hls.js';
import { earlyLoader } from './early-loader.ts';
import type { Engine, EngineReport } from './engine-report.ts';
import { HLS_CONFIG } from './hls-config.ts';
import { bufferedAheadS, endsMissing, isPlaylistError } from './hls-reading.ts';
import {
  AWAY_FROM_S,
  isAway,
  isFarBehind,
  nextPace,
  type Pace,
  type PaceView,
  paceAfterStall,
  settlingSkipS,
  startPace,
} from './pace.ts';
import { isGone, type Place, positionBy } from './place.ts';
import { PlaybackWatch } from './playback-watch.ts';
import type { Prefetch } from './prefetch.ts';
import { QualitySwitch } from './quality-switch.ts';
import { SegmentAbr } from './segment-abr.ts';

/** Time between two looks at the playhead. Milliseconds. */
const LOOK_MS = 250;
/** A jump shorter than this, in seconds, is not worth the flicker. */
const SHORTEST_JUMP_S = 0.5;
/** How long after a start or a jump playback may still skip to its place, in seconds. */
const SETTLING_S = 3;
/** Seconds that a viewer goes back by at least: the browser itself may move by less. */
const LEAST_BACK_S = 1;
/** What is left unplayed of a closed playlist, in seconds, when it counts as played. */
const TAIL_S = 0.15;
/** Who has paused with less than this left of a broadcast that is over, in seconds, has seen it. */
const REST_S = 5;
/** More than browsers take away from a position that they are told, in seconds. */
const ROUNDING_S = 0.01;

/** What an engine is opened with. */
export interface EngineSetup {
  readonly video: HTMLVideoElement;
  readonly masterUrl: string;
  readonly prefetch: Prefetch;
  /** Names the visit in what is fetched. */
  readonly viewer: string;
  readonly report: (report: EngineReport) => void;
}

/** Opens a player; null when this browser has no Media Source Extensions. */
export function openEngine(setup: EngineSetup): Engine | null {
  return Hls.isSupported() ? new HlsEngine(setup) : null;
}

class HlsEngine implements Engine {
  readonly #video: HTMLVideoElement;
  readonly #report: EngineSetup['report'];
  readonly #hls: Hls;
  readonly #switch: QualitySwitch;
  readonly #closing = new AbortController();
  readonly #watch = new PlaybackWatch(nowS());
  readonly #timer: ReturnType<typeof setInterval>;
  #pace: Pace = startPace(nowS());
  #pictured = false;
  #settlingUntilS = 0;
  #ended = false;
  /** Where the playhead was at the last look, in seconds of the element's time. */
  #seenS = 0;
  /** Set while a viewer who went back or paused plays from there: who wants to see it is left to it. */
  #isBack = false;

  constructor({ video, masterUrl, prefetch, viewer, report }: EngineSetup) {
    this.#video = video;
    this.#report = report;
    this.#hls = new Hls({
      ...HLS_CONFIG,
      abrController: SegmentAbr,
      pLoader: earlyLoader(prefetch, viewer),
    });
    this.#switch = new QualitySwitch(this.#hls, video, () => this.#watch.disturb());
    this.#listenToHls();
    this.#listenToVideo();
    this.#hls.loadSource(new URL(masterUrl, location.href).href);
    this.#hls.attachMedia(video);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  recoverMedia(): void {
    // The element begins anew, which is no viewer who goes back.
    this.#seenS = 0;
    this.#hls.recoverMediaError();
    void this.#play();
  }

  get captureMs(): number | null {
    return this.#pictured ? (this.#hls.playingDate?.getTime() ?? null) : null;
  }

  goLive(): void {
    this.#isBack = false;
    this.#jump(0);
    void this.#play();
  }

  seekTo(behindS: number): void {
    const place = this.#place();
    if (place !== null) this.#goTo(place, Math.max(place.earliestS, place.latestS - behindS));
  }

  seekBy(deltaS: number): void {
    const place = this.#place();
    if (place !== null) this.#goTo(place, positionBy(deltaS, place));
  }

  chooseQuality(id: number): void {
    this.#switch.choose(id);
  }

  close(): void {
    this.#closing.abort();
    clearInterval(this.#timer);
    this.#hls.destroy();
    this.#video.playbackRate = 1;
  }

  #listenToHls(): void {
    this.#hls.on(Events.MANIFEST_PARSED, () => {
      this.#reportQualities();
      void this.#play();
    });
    this.#hls.on(Events.LEVEL_SWITCHED, (_event, { level: index }) => {
      const level = this.#hls.levels[index];
      if (level === undefined) return;
      const isPicture = level.videoCodec !== undefined || level.height > 0;
      this.#report({ kind: 'playing', id: isPicture ? this.#switch.idOf(level) : null });
    });
    this.#hls.on(Events.LEVEL_UPDATED, (_event, { level, details }) => {
      // The server has given it up for now: whoever stays sees nothing.
      if (endsMissing(details) && this.#hls.levels.length > 1) {
        this.#hls.removeLevel(level);
        this.#reportQualities();
      }
    });
    this.#hls.on(Events.ERROR, (_event, error) => this.#onError(error));
  }

  #reportQualities(): void {
    this.#report({ kind: 'qualities', qualities: this.#switch.qualities });
  }

  #listenToVideo(): void {
    const { signal } = this.#closing;
    this.#video.addEventListener('playing', () => this.#onPicture(), { signal });
    this.#video.addEventListener('waiting', () => this.#onWaiting(), { signal });
    this.#video.addEventListener('ended', () => this.#onEnded(), { signal });
    this.#video.addEventListener('pause', () => this.#onPause(), { signal });
    this.#video.addEventListener('play', () => this.#keepListed(), { signal });
    this.#video.addEventListener('seeking', () => this.#onSeeking(), { signal });
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
    if ('requestVideoFrameCallback' in this.#video) {
      this.#video.requestVideoFrameCallback(() => this.#onPicture());
    }
  }

  #onPicture(): void {
    if (this.#closing.signal.aborted) return;
    const first = !this.#pictured;
    this.#pictured = true;
    this.#report({ kind: 'picture' });
    if (!first) return;
    this.#settlingUntilS = nowS() + SETTLING_S;
    this.#look();
  }

  #onWaiting(): void {
    this.#watch.disturb();
    const closing = this.#hls.latestLevelDetails?.live === false;
    if (!this.#pictured || this.#video.seeking || closing) return;
    // Who went back waits for what is fetched anew, and that says nothing about live.
    if (this.#isBack && nowS() < this.#settlingUntilS) return;
    if (!this.#isBack) this.#pace = paceAfterStall(this.#pace, nowS());
    this.#video.playbackRate = 1;
    this.#report({ kind: 'rebuffer' });
  }

  /** All that the engine does by itself leads forward. */
  #onSeeking(): void {
    if (!this.#pictured || this.#video.currentTime > this.#seenS - LEAST_BACK_S) return;
    this.#watch.disturb();
    this.#isBack = true;
    const { earliestS = 0 } = this.#place() ?? {};
    // Browsers round what they are told: who seeks again for that seeks for ever.
    if (this.#video.currentTime < earliestS - ROUNDING_S) this.#video.currentTime = earliestS;
  }

  /** Who pauses goes on from there. A decoder that is restarted pauses too, but has nothing to show. */
  #onPause(): void {
    if (this.#pictured && this.#video.readyState > 0) this.#isBack = true;
  }

  #goTo(place: Place, positionS: number): void {
    if (!this.#pictured) return;
    const isNearLive = place.isLive && place.latestS - positionS <= AWAY_FROM_S;
    if (isNearLive) {
      this.#isBack = this.#video.paused;
      this.#jump(0);
    } else {
      this.#isBack = true;
      this.#watch.disturb();
      this.#settlingUntilS = nowS() + SETTLING_S;
      this.#video.currentTime = positionS;
    }
    this.#look();
  }

  /** Moves on to the oldest that is listed when that is newer than what a viewer went back to. */
  #keepListed(): void {
    const place = this.#place();
    if (place === null || !this.#isBack || !isGone(place)) return;
    this.#watch.disturb();
    this.#video.currentTime = place.earliestS;
    this.#report({ kind: 'placeGone' });
  }

  #place(): Place | null {
    const details = this.#hls.latestLevelDetails;
    const liveS = this.#hls.liveSyncPosition;
    if (details === null || liveS === null || !this.#pictured) return null;
    const { live: isLive, edge, fragmentStart, targetduration: stepS } = details;
    const { currentTime: positionS, paused, playbackRate } = this.#video;
    const latestS = isLive ? liveS - this.#pace.penaltyS : edge;
    return {
      positionS,
      bufferedToS: positionS + bufferedAheadS(this.#video),
      earliestS: Math.min(latestS, isLive ? fragmentStart + stepS : fragmentStart),
      latestS,
      stepS,
      rate: paused ? 0 : playbackRate,
      isLive,
    };
  }

  #onEnded(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#report({ kind: 'playlistEnded' });
  }

  #onError(error: ErrorData): void {
    const status = error.response?.code;
    const gone = status === 404 || status === 410;
    if (error.details === ErrorDetails.MANIFEST_LOAD_ERROR && gone) {
      this.#report({ kind: 'notLive' });
    } else if (error.details === ErrorDetails.LEVEL_EMPTY_ERROR) {
      // hls.js joins only once there is a whole segment, whatever parts there are.
      this.#report({ kind: 'tooEarly' });
    } else if (this.#hls.latestLevelDetails?.live === false && (error.fatal || gone)) {
      // Soon after its end a broadcast is kept no more: who is behind has seen what there was.
      this.#onEnded();
    } else if (error.fatal) {
      const kind = error.type === ErrorTypes.MEDIA_ERROR ? 'mediaFailed' : 'failed';
      this.#report({ kind, reason: error.details });
    } else if (gone && isPlaylistError(error)) {
      // The playlist of a running broadcast is gone for good: after a restart it has another address.
      this.#report({ kind: 'failed', reason: `${error.details} ${status}` });
    }
  }

  #look(): void {
    const { paused, seeking, ended, currentTime } = this.#video;
    if (!seeking) this.#seenS = currentTime;
    const details = this.#hls.latestLevelDetails;
    const verdict = this.#watch.look(nowS(), currentTime, !paused && !ended);
    if (verdict === 'steady') this.#report({ kind: 'steady' });
    if (verdict === 'stuck') this.#report({ kind: 'failed', reason: 'standstill' });
    if (details === null || !this.#pictured) return;
    const view = details.live ? this.#view() : null;
    const behind = view !== null && isFarBehind(this.#pace, view);
    if (view !== null && !paused && !seeking) this.#keepUp(view, behind);
    const away = this.#isBack;
    const captureMs = paused ? null : (this.#hls.playingDate?.getTime() ?? null);
    this.#report({ kind: 'look', captureMs, behind: behind || away, away, place: this.#place() });
    if (!details.live) this.#playOut(details.edge - currentTime, paused);
  }

  /** What is left of a broadcast that is over is played as it is. */
  #playOut(leftS: number, paused: boolean): void {
    this.#video.playbackRate = 1;
    if (leftS < (paused ? REST_S : TAIL_S)) this.#onEnded();
  }

  #view(): PaceView | null {
    const details = this.#hls.latestLevelDetails;
    const holdBackS = this.#hls.targetLatency;
    if (details === null || holdBackS === null) return null;
    return {
      nowS: nowS(),
      latencyS: details.edge + details.age - this.#video.currentTime,
      bufferS: bufferedAheadS(this.#video),
      holdBackS,
      pieceS: details.partTarget || details.targetduration,
    };
  }

  #keepUp(view: PaceView, behind: boolean): void {
    this.#isBack &&= isAway(this.#pace, view);
    if (this.#isBack) {
      this.#video.playbackRate = 1;
      this.#keepListed();
      return;
    }
    if (behind && this.#jump(SHORTEST_JUMP_S)) return;
    const skipS = view.nowS < this.#settlingUntilS ? settlingSkipS(this.#pace, view) : 0;
    if (skipS > 0) this.#video.currentTime += skipS;
    this.#pace = nextPace(this.#pace, view);
    if (this.#video.playbackRate !== this.#pace.rate) this.#video.playbackRate = this.#pace.rate;
  }

  /** Seeks to the live position if that is at least this far ahead; a stale playlist holds nothing to jump to. */
  #jump(leastS: number): boolean {
    const liveS = this.#hls.liveSyncPosition;
    const details = this.#hls.latestLevelDetails;
    if (liveS === null || details === null || !details.live || !this.#pictured) return false;
    const stale = details.age > 3 * (details.partTarget || details.targetduration);
    if (stale || liveS - this.#video.currentTime <= leastS) return false;
    this.#watch.disturb();
    this.#settlingUntilS = nowS() + SETTLING_S;
    this.#video.currentTime = liveS;
    return true;
  }

  async #play(): Promise<void> {
    try {
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      if (this.#video.muted) return;
      this.#video.muted = true;
      this.#report({ kind: 'muted' });
      await this.#play();
    }
  }
}

function nowS(): number {
  return performance.now() / 1_000;
}
