/** @module A session with the AMF0 codec that it has in production, and what it says. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Violation } from '../../server/base/index.ts';
import { type AmfValue, decodeAmf0, encodeAmf0 } from '../../server/format/amf0/index.ts';
import { RtmpSession, type RtmpSessionOptions } from '../../server/wire/rtmp/index.ts';
import {
  chunks,
  joined,
  opening,
  readMessages,
  type ServerMessage,
  simpleHandshake,
} from '../support/rtmp-peer.ts';

/** A session before its first byte. */
export function newSession(changes: Partial<RtmpSessionOptions> = {}): RtmpSession {
  return new RtmpSession({
    random: (size) => new Uint8Array(size),
    hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
    amf: { encode: encodeAmf0, decode: decodeAmf0 },
    servesApp: (app) => app === 'live',
    enhanced: { video: ['hvc1'], audio: ['Opus'], capsEx: 0 },
    ...changes,
  });
}

/** A session that has shaken hands and taken `parts`; its answers to the handshake are taken. */
export function opened(...parts: Uint8Array[]): RtmpSession {
  const session = newSession();
  session.receive(simpleHandshake(), 0);
  session.takeOutput();
  for (const part of parts) session.receive(part, 0);
  return session;
}

/** A session in the midst of publishing; its answers so far are taken. */
export function publishing(): RtmpSession {
  const session = opened(opening('key'));
  assert.equal(session.acceptPublish(), true);
  session.takeOutput();
  return session;
}

/** What the session has to say since it was last asked. */
export function answers(session: RtmpSession): ServerMessage[] {
  return readMessages(joined(session.takeOutput()));
}

/** Judges a thrown value. */
export function violation(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Violation && error.code === code;
}

/** One video message of message stream 1. */
export const video = (timestampMs: number, payload: Uint8Array): Uint8Array =>
  chunks({ typeId: 9, timestampMs, payload, messageStreamId: 1, csid: 6 });

/** An AMF0 object. */
export const map = (entries: readonly [string, AmfValue][]): Map<string, AmfValue> =>
  new Map(entries);
