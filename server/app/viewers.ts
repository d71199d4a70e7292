/** The audience of this server: told by pages over the API, and by the playlists that are fetched. */
import { createHmac, hash, randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Clock, Log } from '../base/index.ts';
import type { Channels } from '../channel/index.ts';
import {
  Audience,
  LocalPresence,
  RedisPresence,
  SqlAudienceStore,
  type StreamAudience,
  VIEWER_TIMEOUT_S,
  ViewerHashes,
} from '../community/audience/index.ts';
import type { OnAir } from '../live/index.ts';
import type { RedisLink } from '../store/shared/index.ts';
import type { Database } from '../store/sql/index.ts';
import type { Standing, ViewerRouteSettings } from './api/index.ts';
import { clientAddress, type PlaylistSighting, type PlaylistWitness } from './http/index.ts';

/** Two heartbeats may be lost before a page is given up. */
const HEARTBEAT_S = 10;
const SESSION_BYTES = 12;
/** The media playlists of a broadcast that is packaged here, and DASH's manifests. */
const PLAYLIST =
  /^\/(?:live|api\/streams)\/([^/]+)\/(?:(?:[^/]+\/){1,2}playlist\.m3u8|manifest\.mpd)$/;
/** What no stream's id contains; nobody is asked about it. */
const ID = /^[A-Za-z0-9._-]{1,100}$/;
const SESSION = /^[A-Za-z0-9_-]{8,64}$/;
/** A connection that asks for what nobody counts. */
const LOOK_LATER_MS = 10_000;
/** Characters of what a client calls itself that make a difference. */
const MAX_USER_AGENT = 300;

/** What the audience needs of the application. */
export interface ViewersFaceSettings {
  readonly database: Database;
  /** What servers share; undefined: this one is alone. */
  readonly link: RedisLink | undefined;
  /** The secret that the server keeps outside of its database. */
  readonly pepper: Uint8Array;
  readonly onAir: OnAir;
  readonly channels: Channels;
  /** TRUSTED_PROXIES, in CIDR, as of now. */
  readonly trustedProxies: () => readonly string[] | undefined;
  /** Tells who has the stream's chat open how many watch. */
  readonly tell: (streamId: string, count: number) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** See the top of the file. */
export class ViewersFace implements PlaylistWitness, ViewerRouteSettings {
  readonly #settings: ViewersFaceSettings;
  readonly #audience: Audience;
  readonly #hashes: ViewerHashes;

  constructor(settings: ViewersFaceSettings) {
    this.#settings = settings;
    const { database, link, pepper, onAir, tell, clock, log } = settings;
    this.#hashes = new ViewerHashes({
      clock,
      digest: (text) => hash('sha256', text, 'buffer').toString('latin1'),
      secret: (purpose) => createHmac('sha256', pepper).update(purpose).digest('base64'),
    });
    const broadcastOf = (streamId: string): string | undefined => onAir.live(streamId)?.id;
    this.#audience = new Audience({
      presence:
        link === undefined
          ? new LocalPresence(clock)
          : new RedisPresence({ link, clock, onAir: broadcastOf }),
      store: new SqlAudienceStore(database),
      onAir: broadcastOf,
      ...{ tell, clock, log },
    });
  }

  /** Viewers of all streams now. */
  get total(): number {
    return this.#audience.total;
  }

  /** How many watch a stream now. */
  countOf(streamId: string): number {
    return this.#audience.count(streamId).count;
  }

  of(streamId: string): Promise<StreamAudience> {
    return this.#audience.of(streamId);
  }

  async knows(streamId: string): Promise<boolean> {
    const { channels } = this.#settings;
    if (!ID.test(streamId)) return false;
    const isWatched = this.#audience.count(streamId).count > 0;
    if (isWatched || channels.onAir(streamId) !== undefined) return true;
    return (await channels.get(streamId)) !== undefined;
  }

  newSession(): string {
    return randomBytes(SESSION_BYTES).toString('base64url');
  }

  here(streamId: string, sessionId: string, request: FastifyRequest): Standing {
    const session = this.#hashes.session(sessionId);
    const counted = this.#audience.page(streamId, session, this.#asking(request));
    return { ...counted, heartbeatS: HEARTBEAT_S, timeoutS: VIEWER_TIMEOUT_S };
  }

  left(streamId: string, sessionId: string, request: FastifyRequest): void {
    this.#audience.left(streamId, this.#hashes.session(sessionId), this.#asking(request));
  }

  saw(sighting: PlaylistSighting): number {
    const { path, query, viewer } = sighting;
    const streamId = PLAYLIST.exec(path)?.[1];
    if (streamId === undefined || this.#settings.onAir.live(streamId) === undefined) {
      return LOOK_LATER_MS;
    }
    const { remoteAddress, forwardedFor } = sighting;
    const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
    const address = clientAddress({ remoteAddress, headers }, this.#settings.trustedProxies());
    const device = this.#deviceOf(address, sighting.userAgent);
    if (viewer !== undefined && SESSION.test(viewer)) {
      this.#audience.fetched(streamId, this.#hashes.session(viewer), device);
      return LOOK_LATER_MS;
    }
    if (this.#hashes.isSettling) return LOOK_LATER_MS;
    return this.#audience.playlist(streamId, device, query.includes('_HLS_msn='));
  }

  /** Keeps what is not kept yet; to be called before the database closes. */
  close(): Promise<void> {
    return this.#audience.close();
  }

  #deviceOf(address: string | undefined, userAgent = ''): string {
    return this.#hashes.device(address ?? '', userAgent.slice(0, MAX_USER_AGENT));
  }

  #asking({ clientAddress: address, headers }: FastifyRequest): string {
    return this.#deviceOf(address, headers['user-agent']);
  }
}
