import type { ChatEntry } from '../../../contract/index.ts';
import type { StoredRoom } from './chat-store.ts';
import { MOST_ENTRIES, RoomLog } from './room-log.ts';

/** The log as it was; numbers of what is not shown any more are filled, as they were given. */
export function restoredLog(epoch: string, { recent, lastSeq }: StoredRoom, atMs: number): RoomLog {
  const held = recent.filter(({ entry }) => entry.seq > lastSeq - MOST_ENTRIES);
  const log = new RoomLog(epoch, (held[0]?.entry.seq ?? lastSeq + 1) - 1);
  const append = (entry: ChatEntry, of: string, nonce: string | null): void =>
    log.append({ entry, epoch: of, atMs, json: JSON.stringify(entry), nonce });
  const fillTo = (seq: number): void => {
    while (log.lastSeq < seq) append({ type: 'removal', seq: log.lastSeq + 1, ids: [] }, '', null);
  };
  for (const { entry, epoch: of, nonce } of held) {
    fillTo(entry.seq - 1);
    append(entry, of, nonce);
  }
  fillTo(lastSeq);
  return log;
}
