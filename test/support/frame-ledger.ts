import type { FlvFile, FlvTag } from './flv-file.ts';

/** FrameType, CodecID, AVCPacketType and CompositionTime, before the coded picture (E.4.3.2). */
const AVC_HEADER_BYTES = 5;

/**
 * Remembers when each picture of a looping file was sent, and finds a picture again by what the
 * server made of it. Times are epoch milliseconds with fractions.
 */
export class FrameLedger {
  /** By frame: when it was sent, once a loop. */
  readonly #sentMs = new Map<number, number[]>();
  /** By content, which a packager does not touch while it may well change every stamp. */
  readonly #frames = new Map<string, number>();

  constructor(file: FlvFile) {
    for (const { frame, body } of file.media) {
      if (frame !== undefined) this.#frames.set(contentKey(body.subarray(AVC_HEADER_BYTES)), frame);
    }
  }

  /** Notes that `tag` is sent now; give it to a swarm of one publisher as its `onSend`. */
  readonly note = ({ frame }: FlvTag): void => {
    if (frame === undefined) return;
    const times = this.#sentMs.get(frame);
    if (times === undefined) this.#sentMs.set(frame, [epochMs()]);
    else times.push(epochMs());
  };

  /** The frame whose coded picture `content` is; throws when it was never in the file. */
  frameOf(content: Uint8Array): number {
    const frame = this.#frames.get(contentKey(content));
    if (frame === undefined) throw new Error('Cannot find frame: nothing like it was sent');
    return frame;
  }

  /** When `frame` was last sent before `seenMs`; throws when it was seen before it was sent. */
  sentMs(frame: number, seenMs: number): number {
    const sent = this.#sentMs.get(frame)?.findLast((atMs) => atMs <= seenMs);
    if (sent === undefined) throw new Error(`Cannot find when frame ${frame} was sent`);
    return sent;
  }
}

/** The wall clock, as fine as this process has it. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Its length and its end, where coded pictures differ most, are as good as a digest here. */
function contentKey(content: Uint8Array): string {
  const end = Buffer.from(content.buffer, content.byteOffset, content.byteLength).subarray(-32);
  return `${content.byteLength} ${end.toString('latin1')}`;
}
