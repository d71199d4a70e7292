import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANNA, codeOf, connected, created, openChannels, status } from './channels.test-support.ts';

const MINUTE_MS = 60_000;

test('create() and update() refuse a start in the past, but for clocks that differ', async () => {
  const { channels, clock } = await openChannels();
  const nowMs = clock.epochMs();
  const draft = { broadcasterId: 'anna', title: 'Show' };
  const past = { scheduledStartMs: nowMs - 5 * MINUTE_MS - 1 };
  const near = { scheduledStartMs: nowMs - 5 * MINUTE_MS };
  const refused = await channels.create({ ...draft, ...past }, ANNA);
  const message = `must not be in the past: it is ${new Date(nowMs).toISOString()} now`;
  assert.deepEqual(refused, {
    refused: 'invalid_request',
    detail: `Cannot create stream: scheduledStart ${message}`,
    errors: [{ field: 'scheduledStart', message }],
  });
  assert.equal(codeOf(await channels.create({ ...draft, ...near }, ANNA)), 'ok');
  const { stream } = await created(channels);
  const update = { title: 'Gala', ...past };
  assert.equal(codeOf(await channels.update(stream.id, update, ANNA)), 'invalid_request');
  assert.equal((await channels.get(stream.id))?.title, stream.title);
  assert.equal(codeOf(await channels.update(stream.id, near, ANNA)), 'ok');
});

test('update() takes a start that has passed meanwhile along with another change', async () => {
  const { channels, clock } = await openChannels();
  const scheduledStartMs = clock.epochMs() + MINUTE_MS;
  const { stream, streamKey } = await created(channels, { scheduledStartMs });
  const titled = async (title: string) =>
    codeOf(await channels.update(stream.id, { title, scheduledStartMs }, ANNA));
  clock.advance(60 * MINUTE_MS);
  assert.equal(await titled('late'), 'ok');
  assert.equal(await status(channels, stream.id), 'scheduled');
  await connected(channels, streamKey);
  assert.equal(await titled('on air'), 'ok');
  assert.equal(await status(channels, stream.id), 'live');
  await channels.end(stream.id, ANNA);
  assert.equal(await titled('over'), 'ok');
  assert.equal(await status(channels, stream.id), 'ended', 'not announced for what has passed');
  assert.equal((await channels.get(stream.id))?.title, 'over');
});

test('update() takes a missing start along that was never there', async () => {
  const { channels } = await openChannels();
  const { stream } = await created(channels);
  const update = { title: 'Gala', scheduledStartMs: null };
  assert.equal(codeOf(await channels.update(stream.id, update, ANNA)), 'ok');
  assert.equal(await status(channels, stream.id), 'idle');
});

test('update() announces an ended stream anew for the time it was announced for', async () => {
  const { channels, clock } = await openChannels();
  const scheduledStartMs = clock.epochMs() + 60 * MINUTE_MS;
  const { stream, streamKey } = await created(channels, { scheduledStartMs });
  await connected(channels, streamKey);
  await channels.end(stream.id, ANNA);
  assert.equal(codeOf(await channels.update(stream.id, { scheduledStartMs }, ANNA)), 'ok');
  assert.equal(await status(channels, stream.id), 'scheduled');
});
