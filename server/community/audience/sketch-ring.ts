/** Who was there lately, as sketches of the last slots of time: counts any number in fixed memory. */
import { type MemberHash, Sketch } from './sketch.ts';

/** Length of a slot. */
export const SLOT_MS = 10_000;
/** Slots that count: what was seen within 30 s, and up to 40 s ago. */
export const SLOTS = 4;

/** The sets of which sketches are kept. */
const KINDS = ['pages', 'left', 'pageDevices', 'devices'] as const;
type Kind = (typeof KINDS)[number];

interface Slot {
  readonly number: number;
  readonly sketches: Readonly<Record<Kind, Sketch>>;
}

/** See the top of the file. Some 256 KiB. */
export class SketchRing {
  readonly #slots: Slot[] = [];

  /** A page of this session on this device was there. */
  page(session: MemberHash, device: MemberHash, atMs: number): void {
    const { pages, pageDevices } = this.#slotOf(atMs).sketches;
    pages.add(session);
    pageDevices.add(device);
  }

  /** A page has gone. What was never there makes no difference: it counts on both sides. */
  left(session: MemberHash, atMs: number): void {
    const { pages, left } = this.#slotOf(atMs).sketches;
    pages.add(session);
    left.add(session);
  }

  /** A player on this device fetched a playlist. */
  device(device: MemberHash, atMs: number): void {
    this.#slotOf(atMs).sketches.devices.add(device);
  }

  /** Viewers: pages that have not left, and devices that no page is on. */
  estimate(nowMs: number): number {
    const oldest = numberOf(nowMs) - SLOTS + 1;
    const slots = this.#slots.filter(({ number }) => number >= oldest);
    const all = (...kinds: Kind[]): number =>
      Sketch.sizeOf(slots.flatMap(({ sketches }) => kinds.map((kind) => sketches[kind])));
    const pages = all('pages') - all('left');
    const alone = all('devices', 'pageDevices') - all('pageDevices');
    return Math.max(0, pages) + Math.max(0, alone);
  }

  #slotOf(atMs: number): Slot {
    const number = numberOf(atMs);
    const known = this.#slots.find((slot) => slot.number === number);
    if (known !== undefined) return known;
    const sketch = (): Sketch => new Sketch();
    const slot: Slot = {
      number,
      sketches: { pages: sketch(), left: sketch(), pageDevices: sketch(), devices: sketch() },
    };
    this.#slots.push(slot);
    this.#slots.sort((one, other) => one.number - other.number);
    if (this.#slots.length > SLOTS) this.#slots.shift();
    return slot;
  }
}

function numberOf(atMs: number): number {
  return Math.floor(atMs / SLOT_MS);
}
