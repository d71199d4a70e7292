/** How streams and keys look from outside. */
import type { FastifyRequest } from 'fastify';
import type {
  CreatedStream,
  IngestListView,
  IngestView,
  LiveStreamView,
  StreamKeyView,
  StreamView,
} from '../../../contract/index.ts';
import type { Channels, IngestEndpoint, Stream, StreamKey } from '../../channel/index.ts';
import type { Broadcast } from '../../live/index.ts';

/** What an encoder assumes when an address names no port. */
const RTMP_DEFAULT_PORT = 1935;

/** One quality on air. */
export interface QualityOnAir {
  /** Of its rendition. */
  readonly name: string;
  /** Null: sound alone. */
  readonly resolution: { readonly width: number; readonly height: number } | null;
  /** Bits per second at its peak. */
  readonly bandwidth: number;
  /** As in RFC 6381, sound included. */
  readonly codecs: readonly string[];
}

/** What the stream routes need of the application. */
export interface StreamRouteSettings {
  readonly channels: Channels;
  /** PUBLIC_URL; without it encoders are told the host that the request came to. */
  readonly publicUrl: string | undefined;
  /** The port that encoders publish to; known once it is open. */
  readonly rtmpPort: () => number;
  /** Whether there is a picture of the broadcast to show. */
  readonly hasPoster: (streamId: string, broadcastId: string) => boolean;
  /** Every address for encoders that is kept. */
  readonly ingestEndpoints: () => Promise<readonly IngestEndpoint[]>;
  /** The qualities on air now, the best first; none when it is not. */
  readonly qualitiesOf: (streamId: string) => readonly QualityOnAir[];
  /** How many watch it now. */
  readonly viewersOf: (streamId: string) => number;
  /** How far back viewers can go, in seconds. */
  readonly windowS: number;
}

/** A stream as everybody may see it. */
export function viewOfStream(settings: StreamRouteSettings, stream: Stream): StreamView {
  const { id, status, broadcast } = stream;
  const { hasPoster, qualitiesOf, viewersOf } = settings;
  const isPictured = status === 'live' && broadcast !== null && hasPoster(id, broadcast.id);
  const best = qualitiesOf(id)[0]?.resolution;
  return {
    id,
    title: stream.title,
    description: stream.description,
    category: stream.category,
    broadcasterId: stream.broadcasterId,
    status,
    disabled: stream.isDisabled,
    once: stream.isOnce,
    chatEnabled: stream.chatEnabled,
    recordingEnabled: stream.recordingEnabled,
    isPremium: stream.isPremium,
    drmRequired: stream.drmRequired,
    scheduledStart: dateOrNull(stream.scheduledStartMs),
    createdAt: isoDate(stream.createdAtMs),
    startedAt: dateOrNull(broadcast?.startedAtMs ?? null),
    endedAt: dateOrNull(broadcast?.endedAtMs ?? null),
    broadcastId: broadcast?.id ?? null,
    cutOff: status === 'ended' && broadcast?.isCutOff === true,
    returning: settings.channels.isReturning(stream),
    quality: best === undefined || best === null ? null : `${best.height}p`,
    viewerCount: viewersOf(id),
    playbackUrl: `/live/${id}/master.m3u8`,
    watchUrl: `/watch/${id}`,
    posterUrl: isPictured ? `/live/${id}/poster.jpg` : null,
    ladder: stream.ladder,
  };
}

/** A stream with its key, and where to use it. */
export function createdStream(
  settings: StreamRouteSettings,
  made: { readonly stream: Stream; readonly streamKey: string },
  request: FastifyRequest,
): CreatedStream {
  const { stream, streamKey } = made;
  const ingest = ingestOf(settings, request);
  return { ...viewOfStream(settings, stream), streamKey, ingest };
}

/** A stream as a player's page asks for it. */
export function liveViewOf(settings: StreamRouteSettings, stream: Stream): LiveStreamView {
  const { id, title, status, broadcast, drmRequired } = stream;
  const qualities = settings.qualitiesOf(id).map(({ resolution, bandwidth }) => ({
    resolution: resolution === null ? null : `${resolution.width}x${resolution.height}`,
    bitrate: Math.round(bandwidth),
  }));
  return {
    stream_id: id,
    title,
    status,
    started_at: dateOrNull(broadcast?.startedAtMs ?? null),
    playback_url: `/live/${id}/master.m3u8`,
    drm: { required: drmRequired },
    qualities,
    features: { dvr_enabled: settings.windowS > 0, dvr_window_seconds: settings.windowS },
  };
}

/** The qualities of a broadcast, the best first; none without one. */
export function qualitiesOf(broadcast: Broadcast | undefined): readonly QualityOnAir[] {
  if (broadcast === undefined) return [];
  const { variants } = broadcast.presentation.multivariant((rendition) => rendition);
  return variants
    .map(({ uri: name, resolution = null, bandwidth, codecs = [] }) => {
      return { name, resolution, bandwidth, codecs };
    })
    .toSorted((left, right) => right.bandwidth - left.bandwidth);
}

/** A key as its owner sees it afterwards. */
export function viewOfKey(key: StreamKey): StreamKeyView {
  return {
    id: key.id,
    name: key.name,
    main: key.isMain,
    last4: key.last4,
    protocols: [...key.protocols],
    addressRanges: [...key.addressRanges],
    createdAt: isoDate(key.createdAtMs),
    expiresAt: dateOrNull(key.expiresAtMs),
    revokedAt: dateOrNull(key.revokedAtMs),
    lastUsedAt: dateOrNull(key.lastUsedAtMs),
  };
}

/** The address to type into an encoder: this server's, as the client calls it. */
export function ingestOf(
  { publicUrl, rtmpPort }: StreamRouteSettings,
  request: FastifyRequest,
): IngestView {
  const host = publicUrl === undefined ? hostOf(request) : new URL(publicUrl).hostname;
  return { rtmpUrl: rtmpUrlOf(host, rtmpPort()) };
}

/** The same, and all other addresses that encoders may publish to. */
export async function ingestListOf(
  settings: StreamRouteSettings,
  request: FastifyRequest,
): Promise<IngestListView> {
  const { rtmpUrl } = ingestOf(settings, request);
  const own = { url: rtmpUrl, region: '', isPrimary: true };
  const kept = await settings.ingestEndpoints();
  const hasPrimary = kept.some(({ isPrimary }) => isPrimary);
  return { rtmpUrl, endpoints: hasPrimary ? kept : [own, ...kept] };
}

/** What is typed into an encoder for a server of this name. */
export function rtmpUrlOf(host: string, port: number): string {
  return `rtmp://${port === RTMP_DEFAULT_PORT ? host : `${host}:${port}`}/live`;
}

/** The name in the Host field, if it can be one: it is a client's word. */
function hostOf({ hostname }: FastifyRequest): string {
  return /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])$/.test(hostname)
    ? hostname
    : 'localhost';
}

function dateOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : isoDate(epochMs);
}

function isoDate(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
