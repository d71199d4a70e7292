import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Violation } from '../../base/index.ts';
import { Handshake } from './handshake.ts';

const hmac = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  createHmac('sha256', key).update(bytes).digest();
const pattern = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i % 251);

const handshake = (): Handshake => new Handshake(pattern, hmac);
const body = (bytes: Uint8Array, index: 1 | 2): Uint8Array =>
  bytes.subarray(1 + (index - 1) * 1536, 1 + index * 1536);

/** C0 and a C1 signed by the scheme whose pointer bytes are at `pointer`. */
function signedOpening(pointer: number): { opening: Uint8Array; digest: Uint8Array } {
  const c1 = pattern(1536);
  c1.set([0, 0, 0, 1, 9, 0, 124, 2]); // time, version of Flash Player
  const at = positionOf(c1, pointer);
  const rest = Buffer.concat([c1.subarray(0, at), c1.subarray(at + 32)]);
  const digest = hmac(Buffer.from('Genuine Adobe Flash Player 001'), rest);
  c1.set(digest, at);
  return { opening: Uint8Array.of(3, ...c1), digest };
}

function positionOf(c1: Uint8Array, pointer: number): number {
  const sum = c1.subarray(pointer, pointer + 4).reduce((total, byte) => total + byte, 0);
  return pointer + 4 + (sum % 728);
}

test('Handshake.receive() answers a simple C0 C1 with its echo and is done after C2', () => {
  const c1 = Uint8Array.from([0, 0, 0, 7, 0, 0, 0, 0, ...pattern(1528)]);
  const peer = handshake();
  const { taken, reply } = peer.receive(Uint8Array.of(3, ...c1), 258);
  assert.equal(taken, 1537);
  assert.ok(reply !== undefined && reply.length === 3073);
  assert.equal(reply[0], 3);
  assert.deepEqual(
    body(reply, 1),
    Uint8Array.from([0, 0, 1, 2, 0, 0, 0, 0, ...pattern(1528)]),
    'S1: our time, four zero bytes, random bytes',
  );
  assert.deepEqual(body(reply, 2), c1);
  assert.equal(peer.done, false);
  assert.deepEqual(peer.receive(new Uint8Array(1540), 0), { taken: 1536, reply: undefined });
  assert.equal(peer.done, true);
});

test('Handshake.receive() takes byte after byte, and C2 in the read of C1', () => {
  const whole = Uint8Array.of(3, ...new Uint8Array(3072));
  const at_once = handshake();
  assert.equal(at_once.receive(whole, 0).taken, 3073);
  assert.equal(at_once.done, true);
  const slowly = handshake();
  const replies = [...whole].flatMap((byte) => slowly.receive(Uint8Array.of(byte), 0).reply ?? []);
  assert.equal(replies.length, 1);
  assert.equal(slowly.done, true);
});

for (const pointer of [8, 772]) {
  test(`Handshake.receive() answers a digest found by the bytes at ${pointer} in kind`, () => {
    const { opening, digest } = signedOpening(pointer);
    const { reply } = handshake().receive(opening, 0);
    assert.ok(reply !== undefined);
    const s1 = body(reply, 1);
    assert.ok((s1[4] ?? 0) >= 3, 'a version that makes the client check');
    const at = positionOf(s1, pointer);
    const rest = Buffer.concat([s1.subarray(0, at), s1.subarray(at + 32)]);
    const serverKey = Buffer.from('Genuine Adobe Flash Media Server 001');
    assert.deepEqual(s1.subarray(at, at + 32), Uint8Array.from(hmac(serverKey, rest)));

    const tail = 'f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae';
    const key = hmac(Buffer.concat([serverKey, Buffer.from(tail, 'hex')]), digest);
    const s2 = body(reply, 2);
    assert.deepEqual(s2.subarray(1504), Uint8Array.from(hmac(key, s2.subarray(0, 1504))));
  });
}

test('Handshake.receive() takes a C1 with a version and no valid digest for a simple one', () => {
  const c1 = pattern(1536);
  const { reply } = handshake().receive(Uint8Array.of(3, ...c1), 0);
  assert.deepEqual(reply?.subarray(1537), c1);
});

test('Handshake.receive() answers versions up to 31 with 3 and refuses the others', () => {
  const reply = handshake().receive(Uint8Array.of(6, ...new Uint8Array(1536)), 0).reply;
  assert.equal(reply?.[0], 3);
  for (const version of [0, 2, 32, 0x47]) {
    assert.throws(
      () => handshake().receive(Uint8Array.of(version), 0),
      (error: unknown) => error instanceof Violation && error.code === 'rtmp_version',
    );
  }
});
