import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../base/index.ts';
import { memberOf, testPresence } from './presence.test-support.ts';
import { LocalPresence } from './presence.ts';

async function open() {
  const clock = new ManualClock();
  return {
    presence: new LocalPresence(clock),
    advance: async (byMs: number) => clock.advance(byMs),
  };
}

testPresence('LocalPresence', open);

const step = fc.record({
  kind: fc.constantFrom('page', 'left', 'device', 'wait'),
  session: fc.nat(4),
  device: fc.nat(3),
});

test('LocalPresence counts pages, and devices on which there is none, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { presence, advance } = await open();
      const pages = new Map<number, { device: number; atMs: number }>();
      const devices = new Map<number, number>();
      let nowMs = 0;
      const leave = (device: number | undefined): void => {
        const isShared = [...pages.values()].some((page) => page.device === device);
        if (device !== undefined && !isShared) devices.delete(device);
      };
      for (const { kind, session, device } of steps) {
        const [sessionHash, deviceHash] = [memberOf(`s${session}`), memberOf(`d${device}`)];
        if (kind === 'page') {
          const before = pages.get(session)?.device;
          pages.set(session, { device, atMs: nowMs });
          if (before !== device) leave(before);
          presence.page('s', sessionHash, deviceHash);
        } else if (kind === 'left') {
          const before = pages.get(session)?.device;
          pages.delete(session);
          leave(before);
          presence.left('s', sessionHash);
        } else if (kind === 'device') {
          devices.set(device, nowMs);
          presence.device('s', deviceHash);
        } else {
          nowMs += 7_000;
          await advance(7_000);
        }
        await presence.refresh();
        for (const [id, seenMs] of devices) if (seenMs <= nowMs - 30_000) devices.delete(id);
        for (const [id, { atMs }] of pages) if (atMs <= nowMs - 30_000) pages.delete(id);
        const covered = new Set([...pages.values()].map((page) => page.device));
        const alone = [...devices.keys()].filter((id) => !covered.has(id));
        assert.equal(presence.count('s').count, pages.size + alone.length);
      }
    }),
  );
});

test('LocalPresence bounds what a flood of sessions costs, and counts others in the meantime', async () => {
  const { presence, advance } = await open();
  for (let index = 0; index < 50_000; index += 1) {
    presence.page('s', memberOf(`flood ${index}`), memberOf('one'));
  }
  presence.page('t', memberOf('ada'), memberOf('laptop'));
  await presence.refresh();
  assert.equal([...presence.present('s')].length, 1_024);
  assert.deepEqual(presence.count('t'), { count: 1, isExact: true });
  await advance(41_000);
  await presence.refresh();
  assert.equal(presence.count('s').count, 0);
  assert.deepEqual([...presence.streams()], []);
});
