import { HeldViewer } from './held-viewer.ts';

const PARTS_PER_SEGMENT = 6;
const SEGMENT_S = 2;
const FIRST_PARTS = 3 * PARTS_PER_SEGMENT;
const RENDITION = '/streams/bench/renditions/720p';

/** An outside transcoder that registers part after part, and lets viewers wait for each. */
export class PartFeeder {
  readonly #url: string;
  #count = 0;

  private constructor(url: string) {
    this.#url = url;
  }

  /** Begins a stream on the server at `url`, with parts enough to be played. */
  static async begin(url: string): Promise<PartFeeder> {
    const feeder = new PartFeeder(url);
    await feeder.#send('PUT', '/streams/bench', { targetDuration: SEGMENT_S, partTarget: 0.36 });
    for (let count = 0; count < FIRST_PARTS; count += 1) {
      await feeder.endSegment();
      await feeder.postPart();
    }
    return feeder;
  }

  /** Somebody who waits for its playlist. */
  openViewer(): Promise<HeldViewer> {
    return HeldViewer.open(Number(new URL(this.#url).port), `${RENDITION}/playlist.m3u8`);
  }

  /** How a request asks for the part that comes next. */
  get query(): string {
    const { sequence, part } = this.#place();
    return `_HLS_msn=${sequence}&_HLS_part=${part}`;
  }

  /** Closes the segment before the next part if that part begins another. */
  async endSegment(): Promise<void> {
    const { sequence, part } = this.#place();
    if (part > 0 || sequence === 1) return;
    const path = `/media/${sequence - 1}.m4s`;
    const segment = { sequence: sequence - 1, duration: SEGMENT_S, path };
    await this.#send('POST', `${RENDITION}/segments`, segment);
  }

  /** Registers the next part. */
  async postPart(): Promise<void> {
    const { sequence, part } = this.#place();
    this.#count += 1;
    const path = `/media/${sequence}.${part}.m4s`;
    const duration = SEGMENT_S / PARTS_PER_SEGMENT;
    const independent = part === 0;
    await this.#send('POST', `${RENDITION}/parts`, { sequence, part, duration, path, independent });
  }

  #place(): { sequence: number; part: number } {
    const sequence = 1 + Math.floor(this.#count / PARTS_PER_SEGMENT);
    return { sequence, part: this.#count % PARTS_PER_SEGMENT };
  }

  async #send(method: 'POST' | 'PUT', path: string, body: object): Promise<void> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${text}`);
  }
}
