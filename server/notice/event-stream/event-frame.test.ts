import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptEvent } from '../../store/sql/index.ts';
import { eventFrame, heartbeatFrame, lostFrame, STREAM_START } from './event-frame.ts';

const EVENT: KeptEvent = {
  position: 12,
  id: 'evt_a',
  type: 'stream.created',
  occurredAt: new Date(0),
  ownerId: 'usr_a',
  streamId: 's',
  data: { title: 'a\nb\r\ndata: c\u2028' },
};

test('eventFrame() writes one event, whatever its text holds', () => {
  const frame = eventFrame(EVENT);
  const [id, event, data, ...rest] = frame.split('\n');
  assert.deepEqual([id, event, rest], ['id: 12', 'event: stream.created', ['', '']]);
  assert.equal(frame.includes('\r'), false);
  assert.deepEqual(JSON.parse(data?.slice('data: '.length) ?? ''), {
    id: 'evt_a',
    type: 'stream.created',
    timestamp: '1970-01-01T00:00:00.000Z',
    streamId: 's',
    data: EVENT.data,
  });
});

test('the other frames say what they mean', () => {
  assert.equal(STREAM_START, 'retry: 2000\n\n');
  assert.equal(heartbeatFrame(7), ': heartbeat\nid: 7\n\n');
  assert.equal(lostFrame(7), 'event: events.lost\ndata: {"after":7}\n\n');
});
