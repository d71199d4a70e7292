/** @module Where streams and their last broadcasts are remembered: in memory or in a file. */
export { CorruptStoreError, FileStreamStore } from './file-stream-store.ts';
export { MemoryStreamStore } from './memory-stream-store.ts';
export type { BroadcastRecord, StreamRecord, StreamStore } from './stream-store.ts';
