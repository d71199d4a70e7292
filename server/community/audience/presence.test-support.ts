/** What every presence does, whether it is alone or shares with others. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Presence } from './presence.ts';
import { SKETCH_ERROR } from './sketch.ts';

/** Eight characters that stand for `text`. */
export function memberOf(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('latin1');
}

/** A presence, and how its time passes. */
export interface PresenceStage {
  readonly presence: Presence;
  readonly advance: (byMs: number) => Promise<void>;
}

const [ada, bob, eve] = ['ada', 'bob', 'eve'].map(memberOf) as [string, string, string];
const [laptop, phone, tv] = ['laptop', 'phone', 'tv'].map(memberOf) as [string, string, string];

async function counts({ presence }: PresenceStage, stream = 's') {
  // A shared presence learns of others, when nothing new was seen here, every third time.
  for (let round = 0; round < 3; round += 1) await presence.refresh();
  return presence.count(stream);
}

const SCENARIOS: Readonly<Record<string, (stage: PresenceStage) => Promise<void>>> = {
  'counts each page once, and each stream apart': async (stage) => {
    const { presence } = stage;
    assert.deepEqual(await counts(stage), { count: 0, isExact: true });
    presence.page('s', ada, laptop);
    presence.page('s', ada, laptop);
    presence.page('s', bob, phone);
    presence.page('t', eve, tv);
    assert.deepEqual(await counts(stage), { count: 2, isExact: true });
    assert.equal((await counts(stage, 't')).count, 1);
  },

  'counts pages behind one address and browser apart': async (stage) => {
    for (const session of [ada, bob, eve]) stage.presence.page('s', session, laptop);
    stage.presence.device('s', laptop);
    assert.equal((await counts(stage)).count, 3);
  },

  "takes the playlists of a page's device for the page's, in either order": async (stage) => {
    stage.presence.device('s', laptop);
    stage.presence.device('s', tv);
    assert.equal((await counts(stage)).count, 2);
    stage.presence.page('s', ada, laptop);
    assert.equal((await counts(stage)).count, 2);
    stage.presence.device('s', laptop);
    assert.equal((await counts(stage)).count, 2);
  },

  'forgets who leaves at once, with what its player fetched': async (stage) => {
    stage.presence.page('s', ada, laptop);
    stage.presence.page('s', bob, phone);
    stage.presence.device('s', laptop);
    stage.presence.left('s', ada, laptop);
    assert.equal((await counts(stage)).count, 1);
    stage.presence.left('s', eve, tv);
    assert.equal((await counts(stage)).count, 1);
  },

  'forgets who is silent for 30 s, and nobody before': async (stage) => {
    stage.presence.page('s', ada, laptop);
    stage.presence.device('s', tv);
    await stage.advance(20_000);
    stage.presence.page('s', bob, phone);
    await stage.advance(9_000);
    assert.equal((await counts(stage)).count, 3);
    await stage.advance(2_000);
    assert.equal((await counts(stage)).count, 1);
    await stage.advance(20_000);
    assert.deepEqual(await counts(stage), { count: 0, isExact: true });
  },

  'counts a page that changes its address once': async (stage) => {
    stage.presence.page('s', ada, laptop);
    stage.presence.device('s', laptop);
    stage.presence.page('s', ada, phone);
    stage.presence.device('s', phone);
    assert.equal((await counts(stage)).count, 1);
  },

  'counts a player whose page fell silent as one viewer': async (stage) => {
    stage.presence.page('s', ada, laptop);
    await stage.advance(25_000);
    stage.presence.device('s', laptop);
    await stage.advance(10_000);
    assert.equal((await counts(stage)).count, 1);
  },

  'is exact with 999 viewers, all of whose players fetch playlists': async (stage) => {
    for (let index = 0; index < 600; index += 1) {
      stage.presence.device('s', memberOf(`device ${index}`));
      stage.presence.page('s', memberOf(`page ${index}`), memberOf(`device ${index}`));
    }
    for (let index = 600; index < 999; index += 1) {
      stage.presence.device('s', memberOf(`device ${index}`));
    }
    assert.deepEqual(await counts(stage), { count: 999, isExact: true });
  },

  'estimates many within its error, and is exact again and 0 in 60 s': async (stage) => {
    const enter = (from: number, to: number) => {
      for (let index = from; index < to; index += 1) {
        stage.presence.page('s', memberOf(`page ${index}`), memberOf(`device ${index % 3_000}`));
        stage.presence.device('s', memberOf(`device ${index % 3_000}`));
      }
    };
    enter(0, 6_000);
    for (let index = 0; index < 500; index += 1)
      stage.presence.device('s', memberOf(`tv ${index}`));
    const many = await counts(stage);
    assert.equal(many.isExact, false);
    assert.ok(Math.abs(many.count - 6_500) < 6_500 * 5 * SKETCH_ERROR, `${many.count}`);
    for (let index = 0; index < 2_000; index += 1) {
      stage.presence.left('s', memberOf(`page ${index}`), memberOf(`device ${index}`));
    }
    const fewer = await counts(stage);
    assert.ok(Math.abs(fewer.count - 4_500) < 6_500 * 5 * SKETCH_ERROR, `${fewer.count}`);
    await stage.advance(25_000);
    enter(5_900, 6_000);
    await counts(stage);
    await stage.advance(20_000);
    assert.deepEqual(await counts(stage), { count: 100, isExact: true });
    await stage.advance(15_000);
    assert.deepEqual(await counts(stage), { count: 0, isExact: true });
  },
};

/** Runs the suite; `open` makes a presence of streams that nobody has watched. */
export function testPresence(name: string, open: () => Promise<PresenceStage>): void {
  for (const [what, scenario] of Object.entries(SCENARIOS)) {
    test(`${name} ${what}`, async () => scenario(await open()));
  }
}
