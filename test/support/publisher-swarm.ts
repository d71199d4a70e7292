import type { FlvFile, FlvTag } from './flv-file.ts';
import { RtmpPublisher } from './rtmp-publisher.ts';

/** How a swarm publishes. */
export interface SwarmOptions {
  /** Time between two looks at what is due, in milliseconds; 5 when left out. */
  readonly tickMs?: number;
  /** Told of each tag right before it is handed to the socket. */
  readonly onSend?: (tag: FlvTag) => void;
}

/** What came of a swarm. */
export interface SwarmResult {
  readonly publishers: number;
  /** Publishers whose connection the server closed. */
  readonly lost: number;
  /** What the server had not taken from the sockets at the end. */
  readonly backlogBytes: number;
  /** How far behind its time the latest tag was sent: more than a few frames spoils the figures. */
  readonly worstLatenessMs: number;
}

/** One publisher's place in a looping file. */
interface Position {
  readonly publisher: RtmpPublisher;
  readonly startedMs: number;
  next: number;
  loop: number;
}

/** Publishes one file in real time, over and over, under any number of keys until `stop`. */
export class PublisherSwarm {
  readonly #positions: Position[] = [];
  readonly #file: FlvFile;
  readonly #onSend: (tag: FlvTag) => void;
  readonly #timer: NodeJS.Timeout;
  #worstLatenessMs = 0;

  constructor(file: FlvFile, { tickMs = 5, onSend = () => {} }: SwarmOptions = {}) {
    this.#file = file;
    this.#onSend = onSend;
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  /** Begins to publish under `key`; resolves with the time of Publish.Start, on `performance`. */
  async add(port: number, key: string): Promise<number> {
    const publisher = await RtmpPublisher.open(port, key);
    const startedMs = performance.now();
    publisher.begin(this.#file);
    const position = { publisher, startedMs, next: 0, loop: 0 };
    this.#positions.push(position);
    this.#advance(position, startedMs);
    return startedMs;
  }

  /** Hangs up on all connections. */
  stop(): SwarmResult {
    clearInterval(this.#timer);
    const lost = this.#positions.filter(({ publisher }) => publisher.closed).length;
    let backlogBytes = 0;
    for (const { publisher } of this.#positions) {
      backlogBytes += publisher.backlogBytes;
      publisher.close();
    }
    const worstLatenessMs = Math.round(this.#worstLatenessMs);
    return { publishers: this.#positions.length, lost, backlogBytes, worstLatenessMs };
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const position of this.#positions) {
      if (!position.publisher.closed) this.#advance(position, nowMs);
    }
  }

  #advance(position: Position, nowMs: number): void {
    const { media, durationMs } = this.#file;
    const { publisher } = position;
    publisher.cork();
    for (;;) {
      const tag = media[position.next];
      if (tag === undefined) break;
      const timestampMs = tag.timestampMs + position.loop * durationMs;
      const latenessMs = nowMs - position.startedMs - timestampMs;
      if (latenessMs < 0) break;
      this.#worstLatenessMs = Math.max(this.#worstLatenessMs, latenessMs);
      this.#onSend(tag);
      publisher.send(tag, timestampMs);
      position.next += 1;
      if (position.next === media.length) {
        position.next = 0;
        position.loop += 1;
      }
    }
    publisher.uncork();
  }
}
