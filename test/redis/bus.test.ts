import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { silentLog, systemClock } from '../../server/base/index.ts';
import { draft, Listener, testBus } from '../../server/community/chat/bus.test-support.ts';
import type { BusRoom } from '../../server/community/chat/bus.ts';
import { RedisBus } from '../../server/community/chat/redis-bus.ts';
import { RedisLink } from '../../server/store/shared/index.ts';
import { needs } from '../support/component.ts';
import type { Cleaning } from '../support/place.ts';
import { RedisServer } from '../support/redis-server.ts';

const need = needs('redis');
const STREAM = 's';

/** A server as far as the bus is concerned. */
class Node {
  readonly link: RedisLink;
  readonly listener = new Listener();
  readonly #bus: RedisBus;
  #room: BusRoom | undefined;
  /** Ids in the order in which they were said here. */
  readonly said: string[] = [];

  private constructor(link: RedisLink) {
    this.link = link;
    this.#bus = new RedisBus({ link, clock: systemClock, log: silentLog, randomBytes });
  }

  static async start(context: Cleaning, server: RedisServer, lastSeq = 0): Promise<Node> {
    const link = await RedisLink.open({ url: server.url(), clock: systemClock, log: silentLog });
    context.after(() => link.close());
    const node = new Node(link);
    node.#room = await node.#bus.open(STREAM, lastSeq, node.listener);
    return node;
  }

  get bus(): RedisBus {
    return this.#bus;
  }

  get room(): BusRoom {
    assert.ok(this.#room !== undefined);
    return this.#room;
  }

  async say(id: string): Promise<number> {
    this.said.push(id);
    return (await this.room.publish(draft(id), null)).entry.seq;
  }

  /** What it shows, in order. */
  get shown(): readonly string[] {
    return this.listener.entries.map(({ entry }) => (entry.type === 'message' ? entry.id : ''));
  }

  async turned(isUp: boolean): Promise<void> {
    if (this.link.isUp === isUp) return;
    await new Promise<void>((resolve) => {
      const cancel = this.link.watch(() => {
        if (this.link.isUp !== isUp) return;
        cancel();
        resolve();
      });
    });
  }
}

/** Resolves once all show the same `count` entries, numbered without a gap behind `lastSeq`. */
async function agreed(nodes: readonly Node[], count: number, lastSeq = 0): Promise<void> {
  for (const { listener } of nodes) {
    await listener.until(() => listener.entries.length >= count);
  }
  const [first] = nodes;
  // One that has as many may still be about to begin anew.
  for (const { listener } of nodes) {
    const other = first?.listener ?? listener;
    // Either of the two may be the one that has to move.
    await Promise.race([listener, other].map((each) => each.until(() => sameAs(listener, other))));
  }
  const seqs = first?.listener.seqs;
  assert.deepEqual(
    seqs,
    Array.from({ length: count }, (_, index) => lastSeq + 1 + index),
  );
  assert.equal(new Set(first?.shown).size, count, 'an entry is there twice');
}

/** What was in flight may be of another run where it was said: its clients were told so. */
function sameAs({ entries: one }: Listener, { entries: other }: Listener): boolean {
  const numbers = (entries: Listener['entries']): string =>
    JSON.stringify(entries.map(({ entry }) => entry));
  return numbers(one) === numbers(other);
}

async function places(context: TestContext, count: number, lastSeq = 0) {
  const server = await RedisServer.start(context);
  const nodes: Node[] = [];
  for (let index = 0; index < count; index += 1) {
    nodes.push(await Node.start(context, server, lastSeq));
  }
  return { server, nodes };
}

if (need.skip === undefined) {
  testBus('RedisBus', async () => {
    const ends: (() => Promise<void> | void)[] = [];
    const cleaning: Cleaning = { after: (end) => ends.unshift(end) };
    const server = await RedisServer.start(cleaning);
    const [one, two] = [await Node.start(cleaning, server), await Node.start(cleaning, server)];
    one.room.close();
    two.room.close();
    await one.link.send('FLUSHALL');
    return {
      nodes: [one.bus, two.bus],
      close: async () => {
        for (const end of ends) await end();
      },
    };
  });
}

test('RedisBus shows a server that comes later what was said before', need, async (context) => {
  const { server, nodes } = await places(context, 1, 7);
  for (const id of ['a', 'b', 'c']) await nodes[0]?.say(id);
  // The database has kept one of three.
  const late = await Node.start(context, server, 8);
  assert.deepEqual(
    [late.listener.seqs, late.shown],
    [
      [8, 9, 10],
      ['a', 'b', 'c'],
    ],
  );
  assert.equal(await late.say('d'), 11);
});

test(
  'RedisBus goes on alone while Redis hangs, and keeps numbers where nobody else wrote',
  need,
  async (context) => {
    const { server, nodes } = await places(context, 2);
    const [one, two] = nodes;
    assert.ok(one !== undefined && two !== undefined);
    await one.say('before');
    await two.listener.until(() => two.shown.length === 1);
    server.freeze();
    // Sent to a Redis that will get it, but does not answer.
    const waiting = Promise.all(['in flight 1', 'in flight 2'].map((id) => one.say(id)));
    assert.deepEqual(await waiting, [2, 3]);
    assert.deepEqual([await one.say('alone 1'), await one.say('alone 2')], [4, 5]);
    server.thaw();
    await agreed(nodes, 5);
    assert.deepEqual(two.shown, ['before', 'in flight 1', 'in flight 2', 'alone 1', 'alone 2']);
    assert.deepEqual(
      [one.listener.rebased, two.listener.rebased].map(({ length }) => length),
      [1, 1],
      'none but at the opening',
    );
    assert.equal(await two.say('after'), 6);
  },
);

for (const how of ['hangs', 'is killed'] as const) {
  test(
    `RedisBus puts into one order what several servers said while Redis ${how}`,
    need,
    async (context) => {
      const { server, nodes } = await places(context, 3, 40);
      const [one, two, three] = nodes;
      assert.ok(one !== undefined && two !== undefined && three !== undefined);
      await one.say('before 1');
      await three.say('before 2');
      await agreed(nodes, 2, 40);
      if (how === 'hangs') server.freeze();
      else await server.kill();
      await Promise.all(nodes.map((node) => node.turned(false)));
      for (let index = 0; index < 30; index += 1) await one.say(`one ${index}`);
      for (let index = 0; index < 20; index += 1) await two.say(`two ${index}`);
      await one.room.publish({ type: 'removal', ids: ['before 1'] }, null);
      assert.equal(one.listener.entries.length, 33);
      assert.equal(two.listener.entries.length, 22);
      if (how === 'hangs') server.thaw();
      else await server.resume();
      await agreed(nodes, 53, 40);
      for (const node of [one, two]) {
        const own = new Set(node.said);
        assert.deepEqual(
          node.shown.filter((id) => own.has(id)),
          node.said,
        );
      }
      const moved = nodes.flatMap(({ listener }) => listener.moved.map(({ entry }) => entry.seq));
      assert.ok(moved.length >= 20, 'whose numbers changed are told to be kept');
      const epochs = new Set(one.listener.entries.map(({ epoch }) => epoch));
      assert.equal(epochs.size >= 2, true);
      const [{ epoch: last } = { epoch: '' }] = one.listener.entries.slice(-1);
      await three.say('after');
      await agreed(nodes, 54, 40);
      if (how === 'is killed')
        assert.notEqual(
          one.listener.entries.at(1)?.epoch,
          last,
          'forgotten numbers are of another run',
        );
    },
  );
}

test(
  'RedisBus begins anew with what Redis holds where more was said alone',
  need,
  async (context) => {
    const { server, nodes } = await places(context, 2);
    const [one, two] = nodes;
    assert.ok(one !== undefined && two !== undefined);
    server.freeze();
    await Promise.all([one.say('one'), two.say('two')]);
    // A room in Redis holds 10,000, and somewhat more.
    const count = 12_000;
    for (let index = 0; index < count; index += 500) {
      const batch = Array.from({ length: 500 }, (_, each) => one.say(`one ${index + each}`));
      await Promise.all(batch);
    }
    server.thaw();
    for (const { listener } of nodes) {
      await listener.until(() => listener.seqs.at(-1) === count + 2);
    }
    // Whoever is first to merge has everything; the other one what Redis still holds.
    const held = Math.min(...nodes.map(({ shown }) => shown.length));
    assert.ok(held >= 10_000, `${held}`);
    const [mine, theirs] = nodes.map(({ shown, listener }) => {
      assert.equal(new Set(shown).size, shown.length, 'an entry is there twice');
      return { shown: shown.slice(-held), seqs: listener.seqs.slice(-held) };
    });
    assert.deepEqual(mine, theirs);
  },
);

test('RedisBus loses and repeats nothing however connections break', need, async (context) => {
  const { server, nodes } = await places(context, 3);
  const [control] = nodes;
  assert.ok(control !== undefined);
  const said: Promise<number>[] = [];
  for (let round = 0; round < 12; round += 1) {
    for (let index = 0; index < 40; index += 1) {
      const node = nodes[(round * 7 + index * index) % nodes.length];
      assert.ok(node !== undefined);
      said.push(node.say(`${round} ${index}`));
      if (index % 8 === 0) await new Promise(setImmediate);
    }
    if (round % 4 === 3) {
      await server.kill();
      await server.resume();
    } else if (control.link.isUp) {
      await control.link
        .send('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', round % 2 === 0 ? 'yes' : 'no')
        .catch(() => {});
      await control.link.send('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes').catch(() => {});
    }
    if (round % 3 === 0) await Promise.all(nodes.map((node) => node.turned(true)));
  }
  await Promise.all(said);
  await agreed(nodes, 480);
});
