/** What every bus does, whatever carries it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Bus,
  type EntryDraft,
  type NumberedEntry,
  RoomClosedError,
  type RoomListener,
  type RoomNotice,
} from './bus.ts';
import { DEFAULT_SETTINGS } from './chat-store.ts';
import { message } from './room.test-support.ts';

/** Two servers' ways into the same rooms. */
export interface BusPlace {
  readonly nodes: readonly [Bus, Bus];
  readonly close: () => Promise<void>;
}

/** A room's part, which remembers what it was told. */
export class Listener implements RoomListener {
  entries: NumberedEntry[] = [];
  readonly notices: RoomNotice[] = [];
  /** Where it had to begin anew. */
  readonly rebased: number[] = [];
  readonly moved: NumberedEntry[] = [];
  rejoins = 0;
  isLost = false;
  #wake = (): void => {};

  deliver(numbered: NumberedEntry): void {
    this.entries.push(numbered);
    this.#wake();
  }

  notice(notice: RoomNotice): void {
    this.notices.push(notice);
    this.#wake();
  }

  rebase(seq: number, entries: readonly NumberedEntry[]): void {
    this.rebased.push(seq);
    const hasGap = (entries[0]?.entry.seq ?? seq + 1) > seq + 1;
    const before = hasGap ? [] : this.entries.filter(({ entry }) => entry.seq <= seq);
    this.entries = [...before, ...entries];
    this.#wake();
  }

  renumbered(entries: readonly NumberedEntry[]): void {
    this.moved.push(...entries);
  }

  rejoined(): void {
    this.rejoins += 1;
    this.#wake();
  }

  lost(): void {
    this.isLost = true;
    this.#wake();
  }

  async until(look: () => boolean): Promise<void> {
    while (!look()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  get seqs(): readonly number[] {
    return this.entries.map(({ entry }) => entry.seq);
  }
}

/** A message without a number. */
export function draft(id: string): EntryDraft {
  const { seq: _, ...rest } = message(0, { id });
  return rest;
}

/** The contract suite; `open` makes a place of its own for each test. */
export function testBus(name: string, open: () => Promise<BusPlace>): void {
  test(`${name} gives every server the same entries, numbered behind what is kept`, async () => {
    const { nodes, close } = await open();
    const listeners = [new Listener(), new Listener()] as const;
    const rooms = await Promise.all(
      nodes.map((node, index) => node.open('s', 41, listeners[index === 0 ? 0 : 1])),
    );
    const published = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const room = rooms[index % 2];
        assert.ok(room !== undefined);
        return room.publish(draft(`m${index}`), `n${index}`);
      }),
    );
    for (const listener of listeners) await listener.until(() => listener.entries.length === 20);
    assert.deepEqual(
      listeners[0].seqs,
      Array.from({ length: 20 }, (_, index) => 42 + index),
    );
    assert.deepEqual(listeners[0].entries, listeners[1].entries);
    assert.equal(new Set(published.map(({ entry }) => entry.seq)).size, 20);
    assert.ok(listeners[0].entries.every(({ epoch }) => epoch === rooms[0]?.epoch));
    for (const room of rooms) room.close();
    await close();
  });

  test(`${name} has delivered an entry when publishing resolves`, async () => {
    const { nodes, close } = await open();
    const listener = new Listener();
    const room = await nodes[0].open('s', 0, listener);
    const { entry } = await room.publish(draft('m'), null);
    assert.deepEqual(listener.seqs, [entry.seq]);
    room.close();
    await close();
  });

  test(`${name} publishes nothing in a room that was left`, async () => {
    const { nodes, close } = await open();
    const left = await nodes[0].open('s', 0, new Listener());
    const room = await nodes[1].open('s', 0, new Listener());
    left.close();
    await assert.rejects(left.publish(draft('m1'), null), RoomClosedError);
    assert.equal((await room.publish(draft('m2'), null)).entry.seq, 1);
    room.close();
    await close();
  });

  test(`${name} tells every server of the same room, and of no other`, async () => {
    const { nodes, close } = await open();
    const listeners = [new Listener(), new Listener(), new Listener()] as const;
    const rooms = [
      await nodes[0].open('s', 0, listeners[0]),
      await nodes[1].open('s', 0, listeners[1]),
      await nodes[1].open('t', 0, listeners[2]),
    ];
    const notice = { type: 'settings', settings: { ...DEFAULT_SETTINGS, slowModeS: 9 } } as const;
    await rooms[0]?.tell(notice);
    await rooms[0]?.publish(draft('m'), null);
    for (const listener of listeners.slice(0, 2)) {
      await listener.until(() => listener.entries.length === 1 && listener.notices.length === 1);
      assert.deepEqual(listener.notices, [notice]);
    }
    assert.deepEqual([listeners[2].seqs, listeners[2].notices], [[], []]);
    for (const room of rooms) room.close();
    await close();
  });
}
