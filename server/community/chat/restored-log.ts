import type { ChatEntry } from '../../../contract/index.ts';
import type { StoredRoom } from './chat-store.ts';
import { MOST_ENTRIES, RoomLog } from './room-log.ts';

/**
 * The log of a room as the database has it; numbers of what is not shown any more are filled, as
 * they were given. Of two servers' entries in one place, which were never put into one order, it has
 * one: the other is in the database alone.
 */
export function restoredLog({ recent, lastSeq }: StoredRoom, atMs: number): RoomLog {
  const held = recent.filter(({ entry }) => entry.seq > lastSeq - MOST_ENTRIES);
  const log = new RoomLog('', (held[0]?.entry.seq ?? lastSeq + 1) - 1);
  const append = (entry: ChatEntry, epoch: string, nonce: string | null): void =>
    log.append({ entry, epoch, atMs, json: JSON.stringify(entry), nonce });
  const fillTo = (seq: number): void => {
    while (log.lastSeq < seq) append({ type: 'removal', seq: log.lastSeq + 1, ids: [] }, '', null);
  };
  for (const { entry, epoch, nonce } of held) {
    if (entry.seq <= log.lastSeq) continue;
    fillTo(entry.seq - 1);
    append(entry, epoch, nonce);
  }
  fillTo(lastSeq);
  return log;
}
