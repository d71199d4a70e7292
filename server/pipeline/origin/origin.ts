import { type Cancel, type Clock, type Log, type RightOfWay, silentLog } from '../../base/index.ts';
import type {
  Broadcast,
  MediaRing,
  OnAir,
  Presentation,
  Rendition,
  RenditionAddress,
} from '../../live/index.ts';
import { answer, problemAnswer } from './answer.ts';
import { clockAnswer, DashDesk } from './dash-desk.ts';
import type { Answer, DeliveryHandler, DeliveryRequest } from './delivery.ts';
import { GrowingSegments } from './growing-segments.ts';
import { HeldCount, type HeldObserver, HoldList } from './hold-list.ts';
import { MediaDesk } from './media-desk.ts';
import { MultivariantDesk } from './multivariant-desk.ts';
import { PlaylistDesk } from './playlist-desk.ts';
import { StillDesk, type Stills } from './still-desk.ts';

/** Names under `/live/` that are DASH's alone. */
const CLOCK = 'time';
const MANIFEST = 'manifest.mpd';
/** A segment being made that brings nothing for so long is given up, as a blocked reload is. */
const LONGEST_PAUSE_TARGET_DURATIONS = 3;
/** Seconds that caches keep what may change with the next request. */
const SHORT_MAX_AGE_S = 1;
/** Desks are found by their address; a table that grew past this is stale and starts anew. */
const MOST_KNOWN_PATHS = 50_000;

/** The orchestrated streams, as far as delivery needs them. */
export interface OrchestratedStreams {
  presentation(streamId: string): Presentation | undefined;
  /** A playlist of the rendition is being served: its start may not move back from now on. */
  served(streamId: string, rendition: string): void;
}

/** What an origin needs of its owner. */
export interface OriginSettings {
  readonly clock: Clock;
  readonly onAir: OnAir;
  readonly orchestrated: OrchestratedStreams;
  readonly observer: HeldObserver;
  /** Taken whenever viewers who waited for media are answered. */
  readonly rightOfWay: RightOfWay;
  /** Posters and thumbnails; without them their addresses name nothing. */
  readonly stills?: Stills;
  readonly log?: Log;
}

type Reply = (answer: Answer) => void;

/** The two kinds of playlist. A stream or rendition of the API may have a name that ends alike. */
const ORCHESTRATED_PLAYLIST =
  /^\/streams\/[^/]+\/(?:master\.m3u8|renditions\/[^/]+\/playlist\.m3u8)$/;

/**
 * The same addresses under the API, down to the media, so that what a playlist names relative to
 * itself is found there too.
 */
const API_ALIAS =
  /^\/api\/streams(\/[^/]+\/(?:master\.m3u8|[^/]+\/playlist\.m3u8|[^/]+\/[^/]+\/[^/]+\.(?:m3u8|m4s|mp4)))$/;

/** Whether a path is one that an origin answers. */
export function isDeliveryPath(path: string): boolean {
  return path.startsWith('/live/') || ORCHESTRATED_PLAYLIST.test(path) || API_ALIAS.test(path);
}

/** The request by its address under `/live`, when it came by another. */
function withoutAlias(request: DeliveryRequest): DeliveryRequest {
  if (!request.path.startsWith('/api/')) return request;
  const rest = API_ALIAS.exec(request.path)?.[1];
  return rest === undefined ? request : { ...request, path: `/live${rest}` };
}

/** Answers everything under `/live/`, and the playlists under `/streams/`. */
export class Origin implements DeliveryHandler {
  readonly #settings: OriginSettings;
  readonly #epoch: string;
  readonly #held = new HeldCount();
  readonly #holds = new WeakMap<Rendition, HoldList>();
  readonly #playlists = new WeakMap<Rendition, PlaylistDesk>();
  readonly #multivariants = new WeakMap<Presentation, MultivariantDesk>();
  readonly #media = new WeakMap<Rendition, MediaDesk>();
  readonly #stills: StillDesk | undefined;
  readonly #manifests = new WeakMap<Broadcast, DashDesk>();
  readonly #growing = new Set<WeakRef<GrowingSegments>>();
  readonly #holdLists = new Set<WeakRef<HoldList>>();
  #byPath = new Map<string, PlaylistDesk>();
  #playlistDesks = 0;

  constructor(settings: OriginSettings) {
    this.#settings = settings;
    if (settings.stills !== undefined) this.#stills = new StillDesk(settings.stills);
    this.#epoch = settings.clock.epochMs().toString(36);
  }

  /** Requests held now. */
  get held(): number {
    return this.#held.now;
  }

  handle(asked: DeliveryRequest, reply: Reply): Cancel | undefined {
    const request = withoutAlias(asked);
    const known = this.#byPath.get(request.path);
    if (known !== undefined) return known.handle(request, reply);
    const steps = request.path.split('/');
    if (steps[1] === 'live') return this.#live(steps, request, reply);
    if (steps[1] === 'streams') return this.#orchestrated(steps, request, reply);
    reply(notFound());
    return undefined;
  }

  /** Forgets every address under `prefix`: what it named is gone and may be named anew. */
  forget(prefix: string): void {
    for (const path of this.#byPath.keys()) {
      if (path.startsWith(prefix)) this.#byPath.delete(path);
    }
  }

  /** Answers all held requests now, for shutting down. */
  release(): void {
    for (const reference of this.#holdLists) reference.deref()?.release();
    for (const reference of this.#growing) reference.deref()?.release();
  }

  #live(steps: readonly string[], request: DeliveryRequest, reply: Reply): Cancel | undefined {
    const still = this.#stills?.handle(steps, request);
    if (still !== undefined) {
      reply(still);
      return undefined;
    }
    const [, , streamId = '', second = '', third = '', name = ''] = steps;
    if (steps.length === 6) {
      const broadcast = this.#settings.onAir.find(streamId, second);
      const rendition = broadcast?.presentation.renditions.get(third);
      if (broadcast === undefined || rendition === undefined) {
        reply(notFound());
        return undefined;
      }
      return this.#file(broadcast, rendition, { name, request, reply });
    }
    const dash = this.#dash(steps, request);
    if (dash !== undefined) {
      reply(dash);
      return undefined;
    }
    const live = this.#settings.onAir.live(streamId);
    if (live === undefined || !live.presentation.complete) {
      reply(notLive());
    } else if (steps.length === 4 && second === 'master.m3u8') {
      const desk = this.#multivariantDesk(
        live.presentation,
        (rendition) => `${live.id}/${rendition}/playlist.m3u8`,
      );
      reply(desk.handle(request));
    } else if (
      steps.length === 5 &&
      third === 'playlist.m3u8' &&
      live.presentation.renditions.has(second)
    ) {
      reply(redirect(`../${live.id}/${second}/playlist.m3u8`, request.query));
    } else {
      reply(notFound());
    }
    return undefined;
  }

  /** What only DASH asks for: the clock and the manifest; undefined for any other address. */
  #dash(steps: readonly string[], request: DeliveryRequest): Answer | undefined {
    const [, , streamId = '', second = ''] = steps;
    const { onAir, clock } = this.#settings;
    if (steps.length === 3 && streamId === CLOCK) return clockAnswer(clock);
    if (steps.length !== 4 || second !== MANIFEST) return undefined;
    // Players learn of the end of a broadcast from its manifest, even while another one begins.
    const latest = onAir.latest(
      streamId,
      (broadcast) => broadcast.presentation.complete && this.#dashDesk(broadcast).ready,
    );
    return latest === undefined ? notLive() : this.#dashDesk(latest).handle(request);
  }

  #dashDesk(broadcast: Broadcast): DashDesk {
    let desk = this.#manifests.get(broadcast);
    if (desk === undefined) {
      desk = new DashDesk(broadcast, this.#settings.clock);
      this.#manifests.set(broadcast, desk);
    }
    return desk;
  }

  #file(
    broadcast: Broadcast,
    rendition: Rendition,
    file: { readonly name: string; readonly request: DeliveryRequest; readonly reply: Reply },
  ): Cancel | undefined {
    const { presentation } = broadcast;
    if (file.name === 'playlist.m3u8') {
      if (!rendition.timeline.listsMedia) {
        file.reply(notReady());
        return undefined;
      }
      const desk = this.#playlistDesk(presentation, rendition);
      this.#remember(file.request.path, desk);
      return desk.handle(file.request, file.reply);
    }
    const ring = broadcast.findMedia(rendition.name);
    let desk = this.#media.get(rendition);
    if (desk === undefined && ring !== undefined) {
      desk = new MediaDesk({
        ring,
        timeline: rendition.timeline,
        holds: this.#holdList(rendition),
        growing: this.#growingSegments(rendition, ring),
        kind: rendition.attributes.audio === undefined ? 'video' : 'audio',
        scope: `${broadcast.id}-${rendition.name}`,
      });
      this.#media.set(rendition, desk);
    }
    if (desk !== undefined) return desk.handle(file.name, file.request, file.reply);
    file.reply(notFound());
    return undefined;
  }

  #orchestrated(
    steps: readonly string[],
    request: DeliveryRequest,
    reply: Reply,
  ): Cancel | undefined {
    const [, , streamId = '', third = '', name = '', file = ''] = steps;
    const presentation = this.#settings.orchestrated.presentation(streamId);
    if (presentation === undefined) {
      reply(
        problemAnswer('stream_not_found', 'Cannot find stream: nothing was registered for it', 1),
      );
      return undefined;
    }
    if (steps.length === 4 && third === 'master.m3u8') {
      const desk = this.#multivariantDesk(
        presentation,
        (rendition) => `renditions/${rendition}/playlist.m3u8`,
      );
      reply(desk.handle(request));
      return undefined;
    }
    const rendition = presentation.renditions.get(name);
    if (steps.length !== 6 || third !== 'renditions' || file !== 'playlist.m3u8') {
      reply(notFound());
    } else if (rendition === undefined) {
      reply(
        problemAnswer(
          'rendition_not_found',
          'Cannot find rendition: nothing was registered for it',
          1,
        ),
      );
    } else {
      return this.#orchestratedPlaylist(streamId, presentation, { rendition, request, reply });
    }
    return undefined;
  }

  #orchestratedPlaylist(
    streamId: string,
    presentation: Presentation,
    asked: {
      readonly rendition: Rendition;
      readonly request: DeliveryRequest;
      readonly reply: Reply;
    },
  ): Cancel | undefined {
    const { rendition, request, reply } = asked;
    this.#settings.orchestrated.served(streamId, rendition.name);
    if (!rendition.timeline.listsMedia) {
      reply(notReady());
      return undefined;
    }
    const desk = this.#playlistDesk(presentation, rendition);
    this.#remember(request.path, desk);
    return desk.handle(request, reply);
  }

  #playlistDesk(presentation: Presentation, rendition: Rendition): PlaylistDesk {
    let desk = this.#playlists.get(rendition);
    if (desk === undefined) {
      const holds = this.#holdList(rendition);
      const { clock } = this.#settings;
      this.#playlistDesks += 1;
      const scope = `${this.#epoch}.${this.#playlistDesks.toString(36)}`;
      desk = new PlaylistDesk({ presentation, rendition, clock, holds, scope });
      this.#playlists.set(rendition, desk);
    }
    return desk;
  }

  /** A presentation has one address, so its desk is told it once. */
  #multivariantDesk(presentation: Presentation, address: RenditionAddress): MultivariantDesk {
    let desk = this.#multivariants.get(presentation);
    if (desk === undefined) {
      desk = new MultivariantDesk(presentation, address);
      this.#multivariants.set(presentation, desk);
    }
    return desk;
  }

  #holdList(rendition: Rendition): HoldList {
    let holds = this.#holds.get(rendition);
    if (holds === undefined) {
      const { clock, observer, rightOfWay, log = silentLog } = this.#settings;
      const { timeline } = rendition;
      holds = new HoldList({ timeline, clock, log, observer, rightOfWay, count: this.#held });
      this.#holds.set(rendition, holds);
      for (const reference of this.#holdLists) {
        if (reference.deref() === undefined) this.#holdLists.delete(reference);
      }
      this.#holdLists.add(new WeakRef(holds));
    }
    return holds;
  }

  #growingSegments(rendition: Rendition, ring: MediaRing): GrowingSegments {
    const { timeline } = rendition;
    const { clock, rightOfWay } = this.#settings;
    const growing = new GrowingSegments({
      ...{ ring, changed: timeline.changed, clock, rightOfWay },
      count: this.#held,
      patienceMs: () => LONGEST_PAUSE_TARGET_DURATIONS * timeline.targetDuration * 1000,
    });
    for (const reference of this.#growing) {
      if (reference.deref() === undefined) this.#growing.delete(reference);
    }
    this.#growing.add(new WeakRef(growing));
    return growing;
  }

  #remember(path: string, desk: PlaylistDesk): void {
    if (this.#byPath.size >= MOST_KNOWN_PATHS) this.#byPath = new Map();
    this.#byPath.set(path, desk);
  }
}

function redirect(location: string, query: string): Answer {
  const target = query === '' ? location : `${location}?${query}`;
  const headers = [
    ['location', target],
    ['cache-control', `max-age=${SHORT_MAX_AGE_S}`],
  ] as const;
  return answer(302, headers, []);
}

function notFound(): Answer {
  return problemAnswer('not_found', 'Cannot find resource: there is none at this address', 1);
}

function notLive(): Answer {
  return problemAnswer('not_live', 'Cannot play stream: it is not live', SHORT_MAX_AGE_S);
}

function notReady(): Answer {
  return problemAnswer(
    'playlist_not_ready',
    'Cannot write playlist: no segment yet',
    SHORT_MAX_AGE_S,
  );
}
