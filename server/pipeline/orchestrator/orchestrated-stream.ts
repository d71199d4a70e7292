import {
  Presentation,
  type Rendition,
  type RenditionAttributes,
  Sequencer,
  type TimelineTargets,
} from '../../live/index.ts';
import type { StreamSettings, StreamSnapshot } from './record.ts';

/** Renditions of one stream; more than any ladder has. */
export const MAX_RENDITIONS = 100;

/** What holds for streams that declare nothing. */
export interface StreamDefaults {
  /** Segments listed. */
  readonly windowSize: number;
  /** Milliseconds; 0 for ever; undefined: three target durations. */
  readonly gapTimeoutMs?: number | undefined;
}

/** One rendition and what puts its segments in order. */
export interface OrchestratedRendition {
  readonly streamId: string;
  readonly rendition: Rendition;
  readonly sequencer: Sequencer;
}

/** One stream that transcoders feed, made of renditions. */
export class OrchestratedStream {
  readonly id: string;
  readonly presentation = new Presentation();
  /** When its transcoder was last heard of; monotonic milliseconds. */
  heardMs = 0;
  readonly #defaults: StreamDefaults;
  readonly #renditions = new Map<string, OrchestratedRendition>();
  #settings: StreamSettings = {};
  #ended = false;

  constructor(id: string, defaults: StreamDefaults) {
    this.id = id;
    this.#defaults = defaults;
  }

  get renditions(): ReadonlyMap<string, OrchestratedRendition> {
    return this.#renditions;
  }

  get settings(): StreamSettings {
    return this.#settings;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Segments listed while no window is declared. */
  get defaultWindowSize(): number {
    return this.#defaults.windowSize;
  }

  /** What its timelines are made with: what is declared, else the defaults. */
  get targets(): TimelineTargets {
    return {
      windowSize: this.#settings.windowSize ?? this.defaultWindowSize,
      targetDuration: this.#settings.targetDuration,
      partTarget: this.#settings.partTarget,
    };
  }

  /** Milliseconds that holes stay open; 0 for ever; undefined: three target durations. */
  get gapTimeoutMs(): number | undefined {
    return this.#settings.gapTimeoutMs ?? this.#defaults.gapTimeoutMs;
  }

  /** Whether anything was ever registered, which is when targets become fixed. */
  get started(): boolean {
    for (const { sequencer } of this.#renditions.values()) if (sequencer.started) return true;
    return false;
  }

  /** Whether there is room for the rendition of this name, or it is there already. */
  hasRoomFor(name: string): boolean {
    return this.#renditions.has(name) || this.#renditions.size < MAX_RENDITIONS;
  }

  /** The rendition of this name, made on first sight. */
  rendition(name: string): OrchestratedRendition {
    let known = this.#renditions.get(name);
    if (known === undefined) {
      const rendition = this.presentation.add(name, this.targets);
      const sequencer = new Sequencer(rendition.timeline, this.gapTimeoutMs);
      known = { streamId: this.id, rendition, sequencer };
      this.#renditions.set(name, known);
    }
    return known;
  }

  /** Adds to what is declared. Targets must not change once anything was registered. */
  declare(settings: StreamSettings): void {
    this.#settings = { ...this.#settings, ...settings };
    this.presentation.independentSegments = this.#settings.independentSegments;
    for (const { rendition, sequencer } of this.#renditions.values()) {
      rendition.timeline.declare(this.targets);
      sequencer.gapTimeoutMs = this.gapTimeoutMs;
    }
  }

  describe(name: string, attributes: RenditionAttributes): void {
    this.presentation.describe(this.rendition(name).rendition, attributes);
  }

  /** Marks the stream; its sequencers are ended by the caller, who counts what they publish. */
  end(): void {
    this.#ended = true;
  }

  snapshot(): StreamSnapshot {
    return {
      defaultWindowSize: this.defaultWindowSize,
      settings: this.#settings,
      ended: this.#ended,
      renditions: [...this.#renditions.values()].map(({ rendition, sequencer }) => ({
        name: rendition.name,
        attributes: rendition.attributes,
        sequencer: sequencer.snapshot(),
      })),
    };
  }

  /** The stream that a snapshot was taken of. */
  static from(
    id: string,
    state: StreamSnapshot,
    context: { readonly defaults: StreamDefaults; readonly nowMs: number },
  ): OrchestratedStream {
    const windowSize = state.defaultWindowSize ?? context.defaults.windowSize;
    const stream = new OrchestratedStream(id, { ...context.defaults, windowSize });
    stream.declare(state.settings);
    stream.#ended = state.ended;
    for (const { name, attributes, sequencer } of state.renditions) {
      stream.describe(name, attributes);
      stream.rendition(name).sequencer.restore(sequencer, context.nowMs);
    }
    return stream;
  }
}
