import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ManualClock, silentLog, systemClock } from '../../server/base/index.ts';
import { memberOf, testPresence } from '../../server/community/audience/presence.test-support.ts';
import { RedisPresence } from '../../server/community/audience/redis-presence.ts';
import { RedisLink } from '../../server/store/shared/index.ts';
import { needs } from '../support/component.ts';
import type { Cleaning } from '../support/place.ts';
import { RedisServer } from '../support/redis-server.ts';

const need = needs('redis');
const [ada, bob, eve] = ['ada', 'bob', 'eve'].map(memberOf) as [string, string, string];
const [laptop, phone, tv] = ['laptop', 'phone', 'tv'].map(memberOf) as [string, string, string];

/** A server that shares its presence with others; their time is `clock`'s. */
async function node(context: Cleaning, url: string, clock = new ManualClock()) {
  const link = await RedisLink.open({ url, clock: systemClock, log: silentLog });
  context.after(() => link.close());
  const state = { onAir: undefined as string | undefined, stepMs: 0 };
  const presence = new RedisPresence({
    ...{ link, clock, onAir: () => state.onAir, sharedMs: () => clock.epochMs() + state.stepMs },
  });
  const count = async (): Promise<number> => {
    for (let round = 0; round < 3; round += 1) await presence.refresh();
    return presence.count('s').count;
  };
  return { link, presence, count, clock, state };
}

const shared = need.skip === undefined ? RedisServer.start({ after }) : undefined;
let databases = 0;
if (shared !== undefined) {
  testPresence('RedisPresence', async () => {
    databases += 1;
    const url = (await shared).url(databases);
    const { presence, clock } = await node({ after }, url);
    const advance = async (byMs: number): Promise<void> => {
      // What was seen is dated when it is shared, within a second.
      await presence.refresh();
      clock.advance(byMs);
    };
    return { presence, advance };
  });
}

test(
  'RedisPresence counts viewers of two servers, and who uses both once',
  need,
  async (context) => {
    const server = await RedisServer.start(context);
    const clock = new ManualClock();
    const one = await node(context, server.url(), clock);
    const other = await node(context, server.url(), clock);
    one.presence.page('s', ada, laptop);
    other.presence.page('s', bob, phone);
    // Ada's heartbeats and playlists reach another server than her join did.
    other.presence.page('s', ada, laptop);
    other.presence.device('s', laptop);
    other.presence.device('s', tv);
    await one.presence.refresh();
    assert.equal(await other.count(), 3);
    assert.equal(await one.count(), 3);
    one.presence.left('s', bob, phone);
    await one.count();
    assert.equal(await other.count(), 2);
  },
);

test(
  'RedisPresence forgets who has gone also when the clock was set back',
  need,
  async (context) => {
    const server = await RedisServer.start(context);
    const { presence, count, clock, state } = await node(context, server.url());
    presence.page('s', ada, laptop);
    presence.device('s', tv);
    assert.equal(await count(), 2);
    state.stepMs = -3_600_000;
    clock.advance(40_000);
    assert.equal(await count(), 0);
    presence.page('s', bob, phone);
    assert.equal(await count(), 1);
  },
);

test(
  'RedisPresence.ask() knows a stream that only others have viewers of',
  need,
  async (context) => {
    const server = await RedisServer.start(context);
    const clock = new ManualClock();
    const one = await node(context, server.url(), clock);
    const other = await node(context, server.url(), clock);
    one.presence.page('s', ada, laptop);
    await one.count();
    assert.deepEqual(await other.presence.ask('s'), {
      ...{ count: 1, isExact: true },
    });
    assert.equal((await other.presence.ask('t')).count, 0);
  },
);

test(
  'RedisPresence.unique() are the viewers of a broadcast on all servers',
  need,
  async (context) => {
    const server = await RedisServer.start(context);
    const clock = new ManualClock();
    const one = await node(context, server.url(), clock);
    const other = await node(context, server.url(), clock);
    other.presence.page('s', ada, laptop);
    await other.count();
    one.state.onAir = 'b1';
    one.presence.page('s', bob, phone);
    one.presence.device('s', phone);
    await one.count();
    other.presence.left('s', ada, laptop);
    other.presence.page('s', eve, tv);
    await other.count();
    await one.count();
    assert.equal(one.presence.unique('s', 'b1'), 3);
    assert.equal(one.presence.unique('s', 'b0'), 0);
  },
);

test(
  'RedisPresence tells of its own viewers while Redis is away, and of all when it is back',
  need,
  async (context) => {
    const server = await RedisServer.start(context);
    const clock = new ManualClock();
    const one = await node(context, server.url(), clock);
    const other = await node(context, server.url(), clock);
    one.presence.page('s', ada, laptop);
    other.presence.page('s', bob, phone);
    await other.presence.refresh();
    assert.equal(await one.count(), 2);
    const turned = (isUp: boolean) =>
      Promise.all(
        [one, other].map(
          ({ link }) =>
            new Promise<void>((resolve) => {
              if (link.isUp === isUp) resolve();
              link.watch((now) => now === isUp && resolve());
            }),
        ),
      );
    const down = turned(false);
    await server.kill();
    await down;
    assert.equal(await one.count(), 1);
    const up = turned(true);
    await server.resume();
    await up;
    // Redis has forgotten everything; nobody is counted less than this server knows.
    assert.equal(await one.count(), 1);
    one.presence.page('s', ada, laptop);
    other.presence.page('s', bob, phone);
    await other.presence.refresh();
    assert.equal(await one.count(), 2);
  },
);
