/** Messages and frames for tests of the panel. */
import type { ChatFrame, ChatMessage } from '../../contract/index.ts';

/** When media time was zero. */
const ZERO_MS = Date.UTC(2026, 10, 21, 12);

/** A message of Ada with this number, written that many seconds into broadcast b1. */
export function message(seq: number, changes: Partial<ChatMessage> = {}): ChatMessage {
  const { streamTime = seq } = changes;
  return {
    type: 'message',
    seq,
    id: `msg_${seq}`,
    timestamp: new Date(ZERO_MS + streamTime * 1_000).toISOString(),
    streamTime,
    broadcastId: 'b1',
    author: { id: 'ada', name: 'Ada', roles: [] },
    fragments: [{ type: 'text', text: `text ${seq}` }],
    ...changes,
  };
}

/** When a moment of broadcast b1 was, in milliseconds since the epoch. */
export function atMs(streamTime: number): number {
  return ZERO_MS + streamTime * 1_000;
}

/** A welcome to a new room, to a guest called Bob. */
export function welcome(changes: Partial<ChatFrame & { type: 'welcome' }>): ChatFrame {
  return {
    type: 'welcome',
    v: 1,
    epoch: 'e',
    seq: 0,
    you: { id: 'bob', name: 'Bob', roles: [], isGuest: true },
    settings: {
      ...{ slowModeS: 0, guestsMayPost: true, subscribersOnly: false, followersOnlyMinutes: null },
      ...{ emoteOnly: false, uniqueChat: false, shield: false },
    },
    isResumed: false,
    ...changes,
  };
}
