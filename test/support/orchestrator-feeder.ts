/**
 * @module An outside transcoder: encodes a test picture, serves the media itself, and registers
 * every part and segment with an orchestrator over HTTP. By hand:
 * `node test/support/orchestrator-feeder.ts --server http://127.0.0.1:8080 --stream x --seconds 60`
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type EncoderOutput, type Encoding, FragmentEncoder } from './fragment-encoder.ts';
import { MediaShelf } from './media-shelf.ts';

/** What every feeder sends. */
export const FEED = {
  framesPerSecond: 30,
  framesPerPart: 12,
  framesPerSegment: 60,
  partTarget: 0.4,
  targetDuration: 2,
  renditions: ['high', 'low'],
} as const;

const ENCODINGS: readonly Encoding[] = [
  { name: 'high', width: 320, height: 180, bitrate: 400_000 },
  { name: 'low', width: 160, height: 90, bitrate: 120_000 },
];
/** What the container adds, and what one segment may be heavier than the next. */
const PEAK = 1.25;

/** Players that are behind may finish what the last playlist lists. */
const LINGER_MS = 15_000;

/** Where to and how long. */
export interface FeederOptions {
  /** Address of the orchestrator. */
  readonly server: string;
  readonly stream: string;
  readonly seconds: number;
  /** Sequence number of the first segment; 1 when left out. */
  readonly firstSequence?: number;
}

/** A running transcoder. */
export class OrchestratorFeeder {
  readonly #options: FeederOptions;
  readonly #shelf: MediaShelf;
  readonly #encoder: FragmentEncoder;
  /** Milliseconds since the Unix epoch of the first frame, of all renditions alike. */
  #startEpochMs: number | undefined;
  /** Resolves when everything is registered and the stream has been ended. */
  readonly done: Promise<void>;

  private constructor(options: FeederOptions, shelf: MediaShelf) {
    this.#options = options;
    this.#shelf = shelf;
    this.#encoder = new FragmentEncoder({ ...FEED, encodings: ENCODINGS, ...options });
    this.done = this.#run();
  }

  /** Declares the stream and begins to feed it. */
  static async start(options: FeederOptions): Promise<OrchestratorFeeder> {
    const { partTarget, targetDuration } = FEED;
    const stream = streamUrl(options);
    await send('PUT', stream, { partTarget, targetDuration, independentSegments: true });
    return new OrchestratorFeeder(options, await MediaShelf.open());
  }

  /** Address of the multivariant playlist. */
  get masterUrl(): string {
    return `${streamUrl(this.#options)}/master.m3u8`;
  }

  /** Address of the media playlist of a rendition. */
  playlistUrl(rendition: string): string {
    return `${streamUrl(this.#options)}/renditions/${rendition}/playlist.m3u8`;
  }

  /** Stops encoding; what is encoded is still registered, and the stream ends. */
  async stop(): Promise<void> {
    this.#encoder.stop();
    await this.done;
  }

  /** Stops serving the media. */
  async close(): Promise<void> {
    this.#encoder.stop();
    await Promise.allSettled([this.done]);
    await this.#shelf.close();
  }

  async #run(): Promise<void> {
    const feeds = ENCODINGS.map((encoding, index) =>
      this.#feed(encoding, this.#encoder.read(index)),
    );
    try {
      await Promise.all([...feeds, this.#encoder.ended]);
      await send('POST', `${streamUrl(this.#options)}/end`);
    } finally {
      this.#encoder.stop();
      this.#shelf.breakPromises();
    }
  }

  async #feed(encoding: Encoding, output: AsyncIterable<EncoderOutput>): Promise<void> {
    const url = `${streamUrl(this.#options)}/renditions/${encoding.name}`;
    const folder = `/${this.#options.stream}/${encoding.name}`;
    const segments = new SegmentFeed(this.#shelf, {
      url,
      folder,
      firstSequence: this.#options.firstSequence ?? 1,
      epochMsOf: (frame) => this.#epochMsOf(frame),
    });
    for await (const piece of output) {
      if (piece.kind === 'init') {
        this.#shelf.put(`${folder}/init.mp4`, piece.bytes);
        await send('PUT', url, attributesOf(encoding, piece.codecs));
      } else await segments.add(piece.bytes, piece.frames);
    }
    await segments.close();
  }

  #epochMsOf(frame: number): number {
    const { framesPerPart, framesPerSecond } = FEED;
    this.#startEpochMs ??= Date.now() - (framesPerPart * 1000) / framesPerSecond;
    return this.#startEpochMs + (frame * 1000) / framesPerSecond;
  }
}

interface SegmentFeedOptions {
  /** Address of the rendition in the orchestrator's API. */
  readonly url: string;
  /** Where its media lies on the shelf. */
  readonly folder: string;
  readonly firstSequence: number;
  epochMsOf(frame: number): number;
}

/** Registers fragments as parts, and each full GOP of them as a segment. */
class SegmentFeed {
  readonly #shelf: MediaShelf;
  readonly #options: SegmentFeedOptions;
  #sequence: number;
  #parts: Buffer[] = [];
  #framesBefore = 0;
  #frames = 0;

  constructor(shelf: MediaShelf, options: SegmentFeedOptions) {
    this.#shelf = shelf;
    this.#options = options;
    this.#sequence = options.firstSequence;
    shelf.promise(this.#partPath(this.#sequence, 0));
  }

  async add(bytes: Buffer, frames: number): Promise<void> {
    const part = this.#parts.length;
    const path = this.#partPath(this.#sequence, part);
    this.#parts.push(bytes);
    this.#frames += frames;
    const isLast = this.#frames >= FEED.framesPerSegment;
    const next = isLast
      ? this.#partPath(this.#sequence + 1, 0)
      : this.#partPath(this.#sequence, part + 1);
    // Promised and put before it is registered: whoever reads of it can have it.
    this.#shelf.promise(next);
    this.#shelf.put(path, bytes);
    // The segment waits for its last part; both are then listed at once, for one reload.
    if (isLast) await this.#registerSegment();
    await send('POST', `${this.#options.url}/parts`, {
      sequence: this.#sequence,
      part,
      duration: frames / FEED.framesPerSecond,
      path: this.#shelf.urlOf(path),
      hintPath: this.#shelf.urlOf(next),
      independent: part === 0,
      ...(part === 0 && this.#start()),
    });
    if (!isLast) return;
    this.#sequence += 1;
    this.#framesBefore += this.#frames;
    this.#frames = 0;
    this.#parts = [];
  }

  /** Registers what has come since the last segment as a segment. */
  async close(): Promise<void> {
    if (this.#parts.length > 0) await this.#registerSegment();
  }

  async #registerSegment(): Promise<void> {
    const path = `${this.#options.folder}/s${this.#sequence}.m4s`;
    this.#shelf.put(path, Buffer.concat(this.#parts));
    await send('POST', `${this.#options.url}/segments`, {
      sequence: this.#sequence,
      duration: this.#frames / FEED.framesPerSecond,
      path: this.#shelf.urlOf(path),
      ...this.#start(),
    });
  }

  #start(): { readonly initPath: string; readonly programDateTime: string } {
    return {
      initPath: this.#shelf.urlOf(`${this.#options.folder}/init.mp4`),
      programDateTime: new Date(this.#options.epochMsOf(this.#framesBefore)).toISOString(),
    };
  }

  #partPath(sequence: number, part: number): string {
    return `${this.#options.folder}/p${sequence}.${part}.m4s`;
  }
}

function attributesOf({ width, height, bitrate }: Encoding, codecs: string): object {
  return {
    bandwidth: Math.round(bitrate * PEAK),
    averageBandwidth: bitrate,
    resolution: `${width}x${height}`,
    frameRate: FEED.framesPerSecond,
    codecs,
  };
}

function streamUrl({ server, stream }: FeederOptions): string {
  return `${server}/streams/${stream}`;
}

async function send(method: string, url: string, body?: object): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { headers: json, body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${answer}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      server: { type: 'string', default: 'http://127.0.0.1:8080' },
      stream: { type: 'string', default: 'fed' },
      seconds: { type: 'string', default: '60' },
    },
  });
  const feeder = await OrchestratorFeeder.start({ ...values, seconds: Number(values.seconds) });
  console.log(feeder.masterUrl);
  await feeder.done;
  await wait(LINGER_MS);
  await feeder.close();
}

if (import.meta.main) await main();
