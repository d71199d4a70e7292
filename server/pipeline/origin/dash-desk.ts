import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Clock } from '../../base/index.ts';
import { writeManifest } from '../../format/dash/index.ts';
import type { Broadcast, Rendition } from '../../live/index.ts';
import { answer, conditional, problemAnswer } from './answer.ts';
import { type Listing, ListingReader } from './dash-listing.ts';
import { dashManifest, leadOf, silenceMs } from './dash-manifest.ts';
import { type ListedPeriod, PeriodBook } from './dash-periods.ts';
import type { Answer, DeliveryRequest } from './delivery.ts';

const ETAG_LENGTH = 22;

/** One text with the answers made of it. */
interface Rendered {
  readonly text: string;
  readonly etag: string;
  readonly publishEpochMs: number;
  plain: Answer | undefined;
  compressed: Answer | undefined;
}

/** One state of the timelines, read once. */
interface Reading {
  readonly version: string;
  readonly periods: readonly ListedPeriod[];
  readonly lead: Rendition;
}

/**
 * Serves one broadcast's DASH manifest from the timelines and media that its playlists have. Each
 * version is written once and compressed once, however many ask for it; a part that only makes
 * the open segment longer makes no new version.
 */
export class DashDesk {
  readonly #broadcast: Broadcast;
  readonly #clock: Clock;
  readonly #readers = new Map<Rendition, ListingReader>();
  readonly #book = new PeriodBook();
  #rendered: (Rendered & { readonly version: string }) | undefined;
  #reading: Reading | undefined;
  /** Set with the first version: it may never change. */
  #availabilityStartEpochMs: number | undefined;

  constructor(broadcast: Broadcast, clock: Clock) {
    this.#broadcast = broadcast;
    this.#clock = clock;
  }

  /** Whether there is anything to list. */
  get ready(): boolean {
    return this.#read() !== undefined;
  }

  handle(request: DeliveryRequest): Answer {
    const reading = this.#read();
    if (reading === undefined) {
      return problemAnswer('playlist_not_ready', 'Cannot write manifest: no segment yet', 1);
    }
    const rendered = this.#render(reading);
    return conditional(request.ifNoneMatch, request.gzip ? compressed(rendered) : plain(rendered));
  }

  #read(): Reading | undefined {
    const { presentation } = this.#broadcast;
    let version = String(presentation.version);
    for (const { timeline } of presentation.renditions.values()) version += `.${timeline.version}`;
    if (this.#reading?.version === version) return this.#reading;
    const listings: Listing[] = [];
    for (const rendition of presentation.renditions.values()) {
      const reader = this.#reader(rendition);
      if (reader !== undefined) listings.push(reader.read());
    }
    // Video first: periods begin where its segments do.
    listings.sort((a, b) => Number(isAudio(a)) - Number(isAudio(b)));
    const first = leadOf(listings);
    const lead = listings[0]?.rendition;
    const periods = this.#book.update(listings);
    // With nothing to list for the moment, what was listed last still says where to go on.
    if (first === undefined || lead === undefined || periods.length === 0) return this.#reading;
    this.#availabilityStartEpochMs ??= Math.round(
      (first.epochMs ?? this.#clock.epochMs()) - (first.start / first.track.timescale) * 1000,
    );
    this.#reading = { version, periods, lead };
    return this.#reading;
  }

  #reader(rendition: Rendition): ListingReader | undefined {
    let reader = this.#readers.get(rendition);
    const ring = this.#broadcast.findMedia(rendition.name);
    if (reader === undefined && ring !== undefined) {
      reader = new ListingReader(rendition, ring);
      this.#readers.set(rendition, reader);
    }
    return reader;
  }

  #render(reading: Reading): Rendered {
    const last = this.#rendered;
    const silence = this.#silenceMs(reading);
    const version = `${reading.version}/${silence}`;
    if (last?.version === version) return last;
    const write = (publishEpochMs: number): string => this.#write(reading, publishEpochMs, silence);
    const isSame = last !== undefined && write(last.publishEpochMs) === last.text;
    this.#rendered = isSame
      ? { ...last, version }
      : { ...publish(write, this.#clock.epochMs()), version };
    return this.#rendered;
  }

  /** Goes on with the clock while nothing comes; see `silenceMs`. */
  #silenceMs({ periods, lead }: Reading): number {
    if (this.#broadcast.endedAtMs !== undefined) return 0;
    const nowMs = this.#clock.epochMs() - (this.#availabilityStartEpochMs ?? 0);
    return silenceMs(periods, nowMs, lead.timeline.targetDuration);
  }

  #write({ periods, lead }: Reading, publishEpochMs: number, silence: number): string {
    const manifest = dashManifest(periods, {
      lead,
      ended: this.#broadcast.endedAtMs !== undefined,
      independentSegments: this.#broadcast.presentation.independentSegments === true,
      availabilityStartEpochMs: this.#availabilityStartEpochMs ?? 0,
      publishEpochMs,
      broadcastId: this.#broadcast.id,
      silenceMs: silence,
    });
    return writeManifest(manifest);
  }
}

/** The version that `write` makes, published at `publishEpochMs`. */
function publish(write: (publishEpochMs: number) => string, publishEpochMs: number): Rendered {
  const text = write(publishEpochMs);
  const etag = createHash('sha256').update(text).digest('base64url').slice(0, ETAG_LENGTH);
  return { text, etag, publishEpochMs, plain: undefined, compressed: undefined };
}

/** The server's time as xs:dateTime, for `urn:mpeg:dash:utc:http-xsdate:2014`. */
export function clockAnswer(clock: Clock): Answer {
  const headers = [
    ['content-type', 'text/plain; charset=utf-8'],
    ['cache-control', 'no-store'],
  ] as const;
  return answer(200, headers, [Buffer.from(new Date(clock.epochMs()).toISOString())]);
}

function isAudio({ rendition }: Listing): boolean {
  return rendition.attributes.audio !== undefined;
}

function plain(rendered: Rendered): Answer {
  rendered.plain ??= answer(200, headers(rendered, ''), [Buffer.from(rendered.text)]);
  return rendered.plain;
}

function compressed(rendered: Rendered): Answer {
  rendered.compressed ??= answer(
    200,
    [...headers(rendered, 'g'), ['content-encoding', 'gzip']],
    [gzipSync(rendered.text)],
  );
  return rendered.compressed;
}

/**
 * A live manifest is asked for twice a second, and an old one hides a segment that is there: it is
 * kept, but every use asks first, and most get "not changed". An ended one may begin anew.
 */
function headers({ etag }: Rendered, variant: string): [string, string][] {
  return [
    ['content-type', 'application/dash+xml'],
    ['etag', `"${etag}${variant}"`],
    ['cache-control', 'no-cache'],
    ['vary', 'Accept-Encoding'],
  ];
}
