import type { ChatFragment } from '../../../contract/index.ts';
import { newId } from '../../base/index.ts';
import type { Statement } from './post.ts';
import type { RoomParts } from './room-parts.ts';

/** What a message says, read. */
type Drafted = Omit<Statement, 'words' | 'nonce'> & {
  readonly fragments: readonly ChatFragment[];
};

/** A message of now, before it has a number: with an id, and what is on air while it is said. */
export function draftMessage(
  streamId: string,
  { clock, randomBytes, onAir }: Pick<RoomParts, 'clock' | 'randomBytes' | 'onAir'>,
  { author, fragments, kind, replyTo }: Drafted,
) {
  const nowMs = clock.epochMs();
  const moment = onAir(streamId);
  return {
    type: 'message' as const,
    id: newId('msg', nowMs, randomBytes),
    timestamp: new Date(nowMs).toISOString(),
    streamTime: Math.max(0, Math.round(moment?.streamTimeMs ?? 0)) / 1000,
    broadcastId: moment?.broadcastId ?? null,
    ...{ author, fragments },
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(kind === undefined ? {} : { kind }),
  };
}
