import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatRaid } from '../../contract/index.ts';
import { calledOffWords, hearRaid, NO_RAID, patienceMs, stayBehind } from './raid-watch.ts';

const GOES_MS = Date.UTC(2026, 0, 1);
const ANNOUNCED: ChatRaid = {
  ...{ id: 'raid_1', state: 'announced', streamId: 'target', streamTitle: 'Mill race' },
  ...{ goesAt: new Date(GOES_MS).toISOString(), spreadMs: 5_000 },
};
const GONE: ChatRaid = { ...ANNOUNCED, state: 'gone' };
const CANCELLED: ChatRaid = { ...ANNOUNCED, state: 'cancelled', reason: 'server_stopped' };

const heard = (...raids: readonly ChatRaid[]) =>
  raids.reduce(
    ({ watch }, raid) => hearRaid(watch, raid, GOES_MS),
    hearRaid(NO_RAID, ANNOUNCED, GOES_MS - 15_000),
  );

test('hearRaid() takes the page along until it is called off, and says so once', () => {
  assert.equal(heard().watch.raid, ANNOUNCED);
  assert.equal(heard(GONE).watch.raid, GONE);
  const off = heard(CANCELLED);
  assert.equal(off.watch.raid, null);
  assert.equal(off.words, 'The raid to Mill race is called off: the server went away.');
  assert.equal(heard(CANCELLED, CANCELLED).words, null);
  assert.equal(
    hearRaid(NO_RAID, CANCELLED, GOES_MS).words,
    null,
    'nothing to one that comes later',
  );
});

test('hearRaid() leaves who stays where they are, also when the others go', () => {
  const staying = stayBehind(heard().watch);
  assert.equal(hearRaid(staying, GONE, GOES_MS).watch.raid, null);
  assert.equal(hearRaid(staying, CANCELLED, GOES_MS).words, null);
  const other = { ...ANNOUNCED, id: 'raid_2' };
  assert.equal(hearRaid(staying, other, GOES_MS).watch.raid, other);
  assert.equal(stayBehind(stayBehind(heard().watch)).stayedFor, 'raid_1');
});

test('hearRaid() takes nobody along who comes too late', () => {
  const at = (lateMs: number) => hearRaid(NO_RAID, GONE, GOES_MS + lateMs).watch.raid;
  assert.equal(at(19_999), GONE);
  assert.equal(at(20_000), null);
});

test('patienceMs() ends a while after the time to go', () => {
  assert.equal(patienceMs(ANNOUNCED, GOES_MS - 15_000), 35_000);
  assert.equal(patienceMs(ANNOUNCED, GOES_MS + 60_000), 20_000, 'by a clock that is ahead');
});

test('calledOffWords() tells why', () => {
  const { reason: _, ...asked } = CANCELLED;
  assert.equal(calledOffWords(asked), 'The raid to Mill race is called off.');
  assert.match(
    calledOffWords({ ...asked, reason: 'target_ended' }),
    /: it is not on air any more\.$/,
  );
});
