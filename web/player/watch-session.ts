import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { StreamView } from '../../contract/index.ts';
import { ClockOffset } from './clock-offset.ts';
import type { Engine, EngineReport, Quality } from './engine-report.ts';
import { LatencyMeter } from './latency-meter.ts';
import type { Place } from './place.ts';
import { Prefetch } from './prefetch.ts';
import { askClock, askStream, masterUrlOf } from './stream-status.ts';
import { ViewerBeacon } from './viewer-beacon.ts';
import {
  openWatch,
  stepWatch,
  type WatchEffect,
  type WatchEvent,
  type WatchPhase,
  type WatchStep,
} from './watch-state.ts';

/** How often the shown latency changes, and how often the server's clock is asked. Milliseconds. */
const SHOW_MS = 1_000;
const CLOCK_MS = 60_000;
/** What is said, and for how long, when the place of somebody who is behind is kept no more. Milliseconds. */
const PLACE_GONE = 'That moment is no longer kept. This is the oldest there is.';
const NOTICE_MS = 6_000;
/** What a stream's status means to who watches, unless it is to go on. */
const AIR = {
  scheduled: 'off',
  idle: 'off',
  live: 'live',
  reconnecting: 'interrupted',
  ended: 'off',
} as const;
/** Phases in which there is nothing to watch. Who waits for an encoder to come back still counts. */
const OVER: ReadonlySet<WatchPhase> = new Set(['waiting', 'ended', 'missing', 'unsupported']);
/** Questions to the clock at the start: the one that travelled fastest counts. */
const CLOCK_QUESTIONS = 4;

/**
 * One visit to one watch page: turns what is seen into steps of `watch-state.ts` and carries out their effects.
 * Everything a page shows is a signal here.
 */
export class WatchSession {
  readonly #opening: WatchStep;
  readonly #state;
  readonly phase;
  readonly stream = signal<StreamView | null>(null);
  readonly latencyMs = signal<number | null>(null);
  readonly behind = signal(false);
  /** Whether the viewer left live, by going back or by pausing. */
  readonly away = signal(false);
  /** Where playback is, and where it may go; null without playback. */
  readonly place = signal<Place | null>(null);
  /** What the viewer is to be told for a moment; empty: nothing. */
  readonly notice = signal('');
  readonly rebuffers = signal(0);
  readonly muted = signal(false);
  readonly qualities = signal<readonly Quality[]>([]);
  readonly quality = signal(-1);
  /** What is played now, by its id; null when it has no picture, undefined before it is known. */
  readonly playing = signal<number | null | undefined>(undefined);
  /** Whether a picture is on its way, and whatever may come later than it waits. */
  readonly isPictureFirst;

  readonly #pictured = signal(false);
  readonly #streamId: string;
  readonly #beacon: ViewerBeacon;
  readonly #prefetch = new Prefetch();
  readonly #clock = new ClockOffset();
  readonly #meter = new LatencyMeter();
  readonly #closing = new AbortController();
  #video: HTMLVideoElement | null = null;
  #engine: Engine | null = null;
  #loads = 0;
  #wakeTimer: ReturnType<typeof setTimeout> | undefined;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Starts fetching at once: the player's code, the playlists and the status, none waiting for another.
   * `isOnAir` is what the server said with the page.
   */
  constructor(streamId: string, isOnAir: boolean) {
    this.#streamId = streamId;
    this.#beacon = new ViewerBeacon(streamId);
    this.#opening = openWatch(isOnAir);
    this.#state = signal(this.#opening.state);
    this.phase = computed(() => this.#state.value.phase);
    this.isPictureFirst = computed(() => !this.#pictured.value && this.phase.value === 'starting');
    if (isOnAir) void this.#prefetch.begin(masterUrlOf(streamId));
    void loadEngine();
    void this.#poll();
  }

  /** How many watch; null while that is not known. */
  get viewers(): ReadonlySignal<number | null> {
    return this.#beacon.count;
  }

  /** How many watch, as the chat is told it, sooner than the next heartbeat is. */
  noteViewers(count: number): void {
    this.#beacon.note(count);
  }

  /** Begins playback in an element, until `close`. */
  open(video: HTMLVideoElement): void {
    this.#video = video;
    for (const effect of this.#opening.effects) {
      if (effect.kind !== 'poll') this.#carryOut(effect);
    }
    const showing = setInterval(() => this.#show(), SHOW_MS);
    const asking = setInterval(() => void this.#askClock(1), CLOCK_MS);
    this.#closing.signal.addEventListener('abort', () => {
      clearInterval(showing);
      clearInterval(asking);
    });
  }

  /** Ends the visit. */
  close(): void {
    this.#closing.abort();
    this.#beacon.end();
    clearTimeout(this.#wakeTimer);
    clearTimeout(this.#noticeTimer);
    this.#unload();
  }

  /** When the picture on screen was taken, by the server's clock, in epoch milliseconds; null without one. */
  captureMs(): number | null {
    return this.phase.value === 'live' ? (this.#engine?.captureMs ?? null) : null;
  }

  /** The server's clock, as far as it is known, in epoch milliseconds. */
  serverMs(): number {
    return Date.now() + this.#clock.offsetMs;
  }

  /** Jumps to the live position. */
  goLive(): void {
    this.#engine?.goLive();
    this.#meter.reset();
  }

  /** Goes to so many seconds behind live. */
  seekTo(behindS: number): void {
    this.#engine?.seekTo(behindS);
    this.#meter.reset();
  }

  /** Goes forward by so many seconds, or back. */
  seekBy(deltaS: number): void {
    this.#engine?.seekBy(deltaS);
    this.#meter.reset();
  }

  /** Pauses, or plays on. */
  togglePlay(): void {
    const video = this.#video;
    if (video === null || this.#engine === null) return;
    // A browser that does not let it play says so by staying paused.
    if (video.paused) video.play().catch(() => undefined);
    else video.pause();
  }

  /** Turns the sound off, or on. */
  toggleMute(): void {
    if (this.#video !== null) this.#video.muted = !this.#video.muted;
  }

  /** Plays one quality, or the best that fits with -1. */
  chooseQuality(id: number): void {
    this.quality.value = id;
    this.#engine?.chooseQuality(id);
  }

  #dispatch(event: WatchEvent): void {
    if (this.#closing.signal.aborted) return;
    const step = stepWatch(this.#state.value, event, Math.random());
    this.#state.value = step.state;
    if (this.phase.value === 'live') this.#beacon.begin();
    if (OVER.has(this.phase.value)) this.#beacon.end();
    for (const effect of step.effects) this.#carryOut(effect);
  }

  #carryOut(effect: WatchEffect): void {
    switch (effect.kind) {
      case 'load':
        void this.#load();
        break;
      case 'unload':
        this.#unload();
        break;
      case 'recoverMedia':
        this.#engine?.recoverMedia();
        break;
      case 'poll':
        void this.#poll();
        break;
      case 'wake':
        clearTimeout(this.#wakeTimer);
        this.#wakeTimer = setTimeout(() => this.#dispatch({ kind: 'wake' }), effect.afterMs);
        break;
    }
  }

  async #load(): Promise<void> {
    clearTimeout(this.#wakeTimer);
    this.#unload();
    const load = this.#loads;
    const open = await loadEngine();
    // While the code was on its way, another load or an unload may have taken this one's place.
    if (load !== this.#loads || this.#video === null || this.#closing.signal.aborted) return;
    if (open === null) {
      this.#dispatch({ kind: 'failed' });
      return;
    }
    this.#beacon.approach();
    this.#engine = open({
      video: this.#video,
      masterUrl: masterUrlOf(this.#streamId),
      prefetch: this.#prefetch,
      viewer: this.#beacon.sessionId,
      report: (report) => {
        if (load === this.#loads) this.#onReport(report);
      },
    });
    if (this.#engine === null) this.#dispatch({ kind: 'unsupported' });
  }

  #unload(): void {
    this.#loads += 1;
    this.#engine?.close();
    this.#engine = null;
    this.#meter.reset();
    this.latencyMs.value = null;
    this.behind.value = false;
    this.away.value = false;
    this.place.value = null;
  }

  async #poll(): Promise<void> {
    const answer = await askStream(this.#streamId);
    switch (answer.kind) {
      case 'found':
        this.stream.value = answer.stream;
        this.#dispatch({
          kind: 'status',
          air: answer.stream.returning ? 'returning' : AIR[answer.stream.status],
          broadcastId: answer.stream.broadcastId,
        });
        break;
      case 'unknown':
        this.#dispatch({ kind: 'unknownStream' });
        break;
      case 'unreachable':
        this.#dispatch({ kind: 'statusFailed' });
        break;
    }
  }

  #onReport(report: EngineReport): void {
    switch (report.kind) {
      case 'look':
        this.behind.value = report.behind;
        this.away.value = report.away;
        this.place.value = report.place;
        // A paused picture has no latency worth a number.
        if (report.captureMs === null) this.#meter.reset();
        else this.#meter.add(this.serverMs() - report.captureMs);
        break;
      case 'qualities':
        this.qualities.value = report.qualities;
        this.#keepQuality();
        break;
      case 'playing':
        this.playing.value = report.id;
        break;
      case 'rebuffer':
        this.rebuffers.value += 1;
        this.#dispatch({ kind: 'stalled' });
        break;
      case 'muted':
        this.muted.value = true;
        break;
      case 'placeGone':
        this.#tell(PLACE_GONE);
        break;
      case 'picture':
        this.#onPicture();
        this.#dispatch(report);
        break;
      case 'failed':
      case 'mediaFailed':
        console.warn(`playback failed: ${report.reason}`);
        this.#dispatch(report);
        break;
      default:
        this.#dispatch(report);
    }
  }

  #tell(words: string): void {
    this.notice.value = words;
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => {
      this.notice.value = '';
    }, NOTICE_MS);
  }

  /** A choice outlives a new engine, and not its quality. */
  #keepQuality(): void {
    const chosen = this.quality.value;
    if (chosen === -1) return;
    const isThere = this.qualities.value.some(({ id }) => id === chosen);
    this.chooseQuality(isThere ? chosen : -1);
  }

  #onPicture(): void {
    if (this.#pictured.value) return;
    this.#pictured.value = true;
    void this.#askClock(CLOCK_QUESTIONS);
  }

  /** Asks one after the other: questions side by side would delay each other. */
  async #askClock(questions: number): Promise<void> {
    for (let asked = 0; asked < questions && !this.#closing.signal.aborted; asked += 1) {
      const sentMs = Date.now();
      const serverMs = await askClock();
      // Without an answer the viewer's own clock stands in; on most machines it is right.
      if (serverMs === null) return;
      this.#clock.add({ sentMs, receivedMs: Date.now(), serverMs });
    }
  }

  #show(): void {
    this.latencyMs.value = this.phase.value === 'live' ? this.#meter.latencyMs : null;
  }
}

/** Fetches the playback code, by far the largest part of the page; null when it could not be had. */
export async function loadEngine(): Promise<typeof import('./engine.ts').openEngine | null> {
  try {
    return (await import('./engine.ts')).openEngine;
  } catch {
    // The caller tries again later, as for any other failure of the network.
    return null;
  }
}
