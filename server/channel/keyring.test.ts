import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, test } from 'node:test';
import type { PublishProtocol } from '../../contract/index.ts';
import { testDatabases } from '../store/sql/database.test-support.ts';
import {
  ANNA,
  codeOf,
  connected,
  created,
  eventsOf,
  openChannels,
} from './channels.test-support.ts';
import type { Channels } from './channels.ts';
import type { KeyDraft } from './keyring.ts';

const GUEST: KeyDraft = { name: 'Guest', protocols: [], addressRanges: [], expiresAtMs: null };
const AT_ONCE = { overlapMs: 0, disconnects: false };

after(async () => (await testDatabases()).close());

interface Place {
  readonly app?: string;
  readonly protocol?: PublishProtocol;
  readonly remoteAddress?: string;
}

async function ask(channels: Channels, streamKey: string, place: Place = {}): Promise<string> {
  const attempt = { app: 'live', protocol: 'rtmp', remoteAddress: '192.0.2.9' } as const;
  return codeOf(await channels.authorize({ ...attempt, ...place, streamKey }));
}

async function issued(channels: Channels, streamId: string, draft: Partial<KeyDraft> = {}) {
  const made = await channels.keyring.issue(streamId, { ...GUEST, ...draft }, ANNA);
  assert.ok('streamKey' in made, JSON.stringify(made));
  return made;
}

/** Who was cut, when all keys in use have been looked at once. */
async function cutBy(
  channels: Channels,
  clock: { advance(byMs: number): void },
  spoil: () => unknown,
): Promise<readonly string[]> {
  const cuts: string[] = [];
  const looked = Promise.withResolvers<void>();
  // The last to publish is the last to be looked at.
  const marker = await created(channels);
  channels.watchPublishers((id, reason) => {
    if (id === marker.stream.id) looked.resolve();
    else cuts.push(`${id}: ${reason}`);
  });
  await connected(channels, marker.streamKey);
  const revocation = { keyId: marker.key.id, disconnects: true };
  await channels.keyring.revoke(marker.stream.id, revocation, ANNA);
  await spoil();
  clock.advance(2_000);
  await looked.promise;
  await channels.close();
  return cuts;
}

test('authorize() grants the stream of the key, to both ways of writing the address', async () => {
  const { channels } = await openChannels();
  const one = await created(channels);
  const two = await created(channels);
  for (const { stream, streamKey, key } of [one, two]) {
    for (const app of ['live', 'live/']) {
      const attempt = { app, protocol: 'rtmp', streamKey, remoteAddress: '192.0.2.1' } as const;
      const { streamId, keyId } = await channels
        .authorize(attempt)
        .then((answer) => ('granted' in answer ? answer.granted : { streamId: '', keyId: '' }));
      assert.deepEqual([streamId, keyId], [stream.id, key.id]);
    }
  }
});

test('authorize() refuses unknown and malformed keys in the same words', async () => {
  const { channels } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const other = await created(channels);
  const secretOf = (key: string) => key.split('_')[2] ?? '';
  const attempts = [
    ['', 'live'],
    ['live_nonsense', 'live'],
    [streamKey.slice(0, -1), 'live'],
    [`live_${stream.id}_${'a'.repeat(32)}`, 'live'],
    [`live_${stream.id}_${secretOf(other.streamKey)}`, 'live'],
    [streamKey, 'vod'],
  ] as const;
  for (const [key, app] of attempts) {
    const attempt = { app, protocol: 'rtmp', streamKey: key, remoteAddress: '::1' } as const;
    assert.deepEqual(await channels.authorize(attempt), {
      refused: 'unauthorized',
      detail: 'Cannot publish: the stream key is not one of this server',
    });
  }
});

test('rotate() kills the old key at once, or lets both work for an overlap', async () => {
  const { channels, clock, database } = await openChannels();
  const { stream, streamKey: first } = await created(channels);
  const rotated = async (overlapMs: number) => {
    const done = await channels.keyring.rotate(stream.id, { overlapMs, disconnects: false }, ANNA);
    assert.ok('streamKey' in done);
    return done.streamKey;
  };
  const second = await rotated(0);
  assert.deepEqual(
    [await ask(channels, first), await ask(channels, second)],
    ['unauthorized', 'ok'],
  );
  const third = await rotated(60_000);
  assert.deepEqual([await ask(channels, second), await ask(channels, third)], ['ok', 'ok']);
  const fourth = await rotated(60_000);
  assert.deepEqual(
    [await ask(channels, second), await ask(channels, third), await ask(channels, fourth)],
    ['unauthorized', 'ok', 'ok'],
    'no more than two work',
  );
  clock.advance(60_000);
  assert.deepEqual(
    [await ask(channels, third), await ask(channels, fourth)],
    ['unauthorized', 'ok'],
  );
  const events = (await eventsOf(database)).filter(({ type }) => type === 'key.rotated');
  assert.deepEqual(
    events.map(({ data }) => data.change),
    ['rotated', 'rotated', 'rotated'],
  );
  const secrets = [first, second, third, fourth].map((key) => key.split('_')[2] ?? '');
  for (const table of ['events', 'audit_log', 'stream_keys']) {
    const text = JSON.stringify(await database.query(`select * from ${table}`));
    assert.ok(!secrets.some((secret) => text.includes(secret)), table);
  }
});

test("rotate() leaves guests' keys alone", async () => {
  const { channels } = await openChannels();
  const { stream } = await created(channels);
  const guest = await issued(channels, stream.id);
  await channels.keyring.rotate(stream.id, AT_ONCE, ANNA);
  assert.equal(await ask(channels, guest.streamKey), 'ok');
  assert.equal(codeOf(await channels.keyring.rotate('nobody', AT_ONCE, ANNA)), 'stream_not_found');
});

test('issue() limits a key to protocols, addresses and a time', async () => {
  const { channels, clock } = await openChannels();
  const { stream } = await created(channels);
  const { streamKey } = await issued(channels, stream.id, {
    protocols: ['rtmps', 'srt'],
    addressRanges: ['10.0.0.0/8', '2001:db8::/32'],
    expiresAtMs: clock.epochMs() + 5_000,
  });
  const at = (protocol: PublishProtocol, remoteAddress: string) =>
    ask(channels, streamKey, { protocol, remoteAddress });
  assert.equal(await at('rtmps', '10.1.2.3'), 'ok');
  assert.equal(await at('srt', '2001:db8::7'), 'ok');
  assert.equal(await at('rtmp', '10.1.2.3'), 'key_not_allowed_here');
  assert.equal(await at('rtmps', '11.1.2.3'), 'key_not_allowed_here');
  clock.advance(5_000);
  assert.equal(await at('rtmps', '10.1.2.3'), 'unauthorized');
  const over = { ...GUEST, expiresAtMs: clock.epochMs() };
  assert.equal(codeOf(await channels.keyring.issue(stream.id, over, ANNA)), 'invalid_request');
});

test('issue() gives a stream twenty working keys and no more', async () => {
  const { channels } = await openChannels();
  const { stream } = await created(channels);
  for (let count = 1; count < 20; count += 1) await issued(channels, stream.id);
  assert.equal(codeOf(await channels.keyring.issue(stream.id, GUEST, ANNA)), 'too_many_keys');
  const [newest] = await channels.keyring.list(stream.id);
  const revocation = { keyId: newest?.id ?? '', disconnects: true };
  assert.equal(codeOf(await channels.keyring.revoke(stream.id, revocation, ANNA)), 'ok');
  await issued(channels, stream.id);
  assert.equal(codeOf(await channels.keyring.issue('nobody', GUEST, ANNA)), 'stream_not_found');
});

test('revoke() cuts who publishes by the key at the next look, and nobody else', async () => {
  const { channels, clock } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const other = await created(channels);
  await connected(channels, other.streamKey);
  const guest = await issued(channels, stream.id);
  await connected(channels, guest.streamKey);
  const revocation = { keyId: guest.key.id, disconnects: true };
  const foreign = await channels.keyring.revoke(other.stream.id, revocation, ANNA);
  assert.equal(codeOf(foreign), 'key_not_found');
  const cuts = await cutBy(channels, clock, () =>
    channels.keyring.revoke(stream.id, revocation, ANNA),
  );
  assert.deepEqual(cuts, [`${stream.id}: the stream key was revoked`]);
  assert.equal(await ask(channels, guest.streamKey), 'unauthorized');
  assert.equal(await ask(channels, streamKey), 'ok');
});

for (const [what, revoke] of [
  ['rotate()', (channels: Channels, id: string) => channels.keyring.rotate(id, AT_ONCE, ANNA)],
  [
    'revoke()',
    (channels: Channels, id: string, keyId: string) =>
      channels.keyring.revoke(id, { keyId, disconnects: false }, ANNA),
  ],
] as const) {
  test(`${what} lets who publishes finish where that is wanted`, async () => {
    const { channels, clock } = await openChannels();
    const { stream, streamKey, key } = await created(channels);
    await connected(channels, streamKey);
    const cuts = await cutBy(channels, clock, () => revoke(channels, stream.id, key.id));
    assert.deepEqual(cuts, []);
    assert.equal(await ask(channels, streamKey), 'unauthorized');
  });
}

for (const [what, spoil, reason] of [
  ['a key that expires', 'expire', 'the stream key has expired'],
  ['a stream that is disabled', 'disable', 'the stream is disabled'],
  ['a stream that is gone', 'delete', 'the stream key is gone'],
] as const) {
  test(`watchPublishers() cuts the publisher of ${what}`, async () => {
    const { channels, clock, database } = await openChannels();
    const { stream } = await created(channels);
    const limit = spoil === 'expire' ? { expiresAtMs: clock.epochMs() + 1_000 } : {};
    const { streamKey } = await issued(channels, stream.id, limit);
    await connected(channels, streamKey);
    const cuts = await cutBy(channels, clock, async () => {
      // Not by this server, which would stop the encoder itself.
      if (spoil === 'disable')
        await database.query('update streams set is_disabled = true where id = $1', [stream.id]);
      if (spoil === 'delete')
        await database.query('delete from streams where id = $1', [stream.id]);
    });
    assert.deepEqual(cuts, [`${stream.id}: ${reason}`]);
  });
}

test('authorize() refuses a disabled stream by name', async () => {
  const { channels } = await openChannels();
  const { stream, streamKey } = await created(channels);
  await channels.update(stream.id, { isDisabled: true }, ANNA);
  assert.equal(await ask(channels, streamKey), 'stream_disabled');
});

for (const [what, lost, given] of [
  ['whose account was disabled', 'disabled_at = now()', 'disabled_at = null'],
  ['who is no broadcaster any more', "role = 'viewer'", "role = 'admin'"],
] as const) {
  test(`watchPublishers() cuts whoever publishes for an owner ${what}`, async () => {
    const { channels, clock, database } = await openChannels();
    await database.query(
      `insert into users (id, name, display_name, role, created_at)
       values ('usr_berta', 'berta', 'Berta', 'broadcaster', now())`,
    );
    const { stream, streamKey } = await created(channels, { broadcasterId: 'usr_berta' });
    await connected(channels, streamKey);
    const cuts = await cutBy(channels, clock, () => database.query(`update users set ${lost}`));
    assert.deepEqual(cuts, [`${stream.id}: the stream’s owner may not broadcast any more`]);
    assert.equal(await ask(channels, streamKey), 'owner_may_not_broadcast');
    const start = async () => codeOf(await channels.start(stream.id, streamKey, ANNA));
    await channels.end(stream.id, ANNA);
    assert.equal(await start(), 'owner_may_not_broadcast');
    await database.query(`update users set ${given}`);
    assert.equal(await start(), 'ok');
    assert.equal(await ask(channels, streamKey), 'ok');
  });
}

test('authorize() asks the same of the database for every wrong key (A02)', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const asked: (readonly [string, string])[] = [];
  const query = database.query.bind(database);
  database.query = (text, values) => {
    asked.push([text, String(values).replace(/[0-9a-f]/g, 'x')]);
    return query(text, values);
  };
  const last = streamKey.endsWith('a') ? 'b' : 'a';
  for (const wrong of [
    `${streamKey.slice(0, -1)}${last}`,
    `live_${stream.id}_${'a'.repeat(32)}`,
    `live_${'a'.repeat(12)}_${streamKey.split('_')[2]}`,
    `live_${'b'.repeat(12)}_${'b'.repeat(32)}`,
  ]) {
    assert.equal(await ask(channels, wrong), 'unauthorized', wrong);
  }
  // By the hash alone, which says nothing of how near a guess was.
  assert.equal(asked.length, 4);
  assert.equal(new Set(asked.map(String)).size, 1);
  assert.match(asked[0]?.[0] ?? '', /where k\.key_hash = \$1$/);
});

test('a key of one stream neither publishes to another nor starts it (A03)', async () => {
  const { channels } = await openChannels();
  const mine = await created(channels);
  const other = await created(channels, { broadcasterId: 'berta' });
  const grafted = mine.streamKey.replace(mine.stream.id, other.stream.id);
  assert.equal(await ask(channels, grafted), 'unauthorized');
  for (const key of [mine.streamKey, grafted]) {
    assert.equal(codeOf(await channels.start(other.stream.id, key, ANNA)), 'unauthorized');
  }
  const { broadcast } = await connected(channels, mine.streamKey);
  assert.equal((await channels.get(mine.stream.id))?.broadcast?.id, broadcast.id);
  assert.equal((await channels.get(other.stream.id))?.broadcast, null);
});

test('authorize() of a known key does not wait for a database that is slow', async () => {
  const { channels, clock, database } = await openChannels();
  const { streamKey } = await created(channels);
  const { promise, resolve } = Promise.withResolvers<void>();
  database.hold = promise;
  const asked = ask(channels, streamKey);
  clock.advance(200);
  assert.equal(await asked, 'ok');
  resolve();
});

test('issueOneTimeKey() works once, from this machine, in its time', async () => {
  const { channels, clock } = await openChannels();
  const { stream } = await created(channels);
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const addresses = own.map(({ address }) => address);
  for (const remoteAddress of ['127.0.0.1', '::1', '::ffff:127.0.0.1', ...addresses]) {
    const key = channels.issueOneTimeKey(stream, 1_000);
    assert.equal(await ask(channels, key, { remoteAddress: '192.0.2.1' }), 'unauthorized');
    assert.equal(await ask(channels, key, { remoteAddress: '::ffff:192.0.2.1' }), 'unauthorized');
    assert.equal(await ask(channels, key, { remoteAddress }), 'ok');
    assert.equal(await ask(channels, key, { remoteAddress }), 'unauthorized');
  }
  const loopback = { remoteAddress: '127.0.0.1' };
  const late = channels.issueOneTimeKey(stream, 1_000);
  clock.advance(1_000);
  assert.equal(await ask(channels, late, loopback), 'unauthorized');
  const voided = channels.issueOneTimeKey(stream, 1_000);
  await channels.close();
  assert.equal(await ask(channels, voided, loopback), 'unauthorized');
});
