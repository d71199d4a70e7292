/** @module Records in order that survive restarts: on disk, or in memory behind the same door. */
export { DiskJournal, type DiskJournalSettings, type JournalFile } from './disk-journal.ts';
export {
  COMPACT_AFTER_BYTES,
  type Corruption,
  type Journal,
  JournalError,
  MAX_PENDING_BYTES,
  MAX_RECORD_BYTES,
  type Recovery,
} from './journal.ts';
export { MemoryJournal } from './memory-journal.ts';
