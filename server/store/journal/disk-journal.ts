import { mkdir, open as openFile, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/index.ts';
import { frame, MAGIC } from './frame.ts';
import {
  COMPACT_AFTER_BYTES,
  COMPACT_AT_GROWTH,
  type Journal,
  JournalError,
  MAX_PENDING_BYTES,
  type Recovery,
} from './journal.ts';
import { fileName, fileNumbers, recoverFolder } from './recovery.ts';

/** Bytes that go to the disk in one write. */
const MAX_BATCH_BYTES = 1024 * 1024;

/** What a journal needs of an open file. */
export interface JournalFile {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** Where and how a journal is kept. */
export interface DiskJournalSettings {
  /** Made when it is missing. Belongs to one journal of one process. */
  readonly folder: string;
  /**
   * When records count as kept: `written` to the system survives the end of this process, however
   * it ends; `synced` to the disk survives a power failure too, and costs a disk's round trip for
   * each group of appends. `written` when left out.
   */
  readonly durability?: 'written' | 'synced';
  /** Opens a file to write; the system's own when left out. */
  readonly open?: (path: string) => Promise<JournalFile>;
}

/** Something to be done to the files, in order. */
type Work = Buffer | 'rotate';

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: JournalError) => void;
}

/**
 * A journal in numbered files. What is appended while a write is under way goes out with the next
 * one, so that many writers share it. Writing is positional: what failed is simply written again.
 */
export class DiskJournal implements Journal {
  readonly #folder: string;
  readonly #synced: boolean;
  readonly #open: (path: string) => Promise<JournalFile>;
  #file: JournalFile | undefined;
  #fileNumber = 0;
  #fileBytes = 0;
  /** Bytes in all files. */
  #sizeBytes = 0;
  #compactAtBytes = COMPACT_AFTER_BYTES;
  #compacting: 'no' | 'asked' | number = 'no';
  #pending: Work[] = [];
  #pendingBytes = 0;
  /** Work ever asked for, and done; waiters wait for a count. */
  #asked = 0;
  #done = 0;
  #waiters: Waiter[] = [];
  #running: Promise<void> | undefined;
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor({ folder, durability, open }: DiskJournalSettings) {
    this.#folder = folder;
    this.#synced = durability === 'synced';
    this.#open = open ?? ((path) => openFile(path, 'w'));
  }

  get hasRoom(): boolean {
    return this.#pendingBytes < MAX_PENDING_BYTES;
  }

  get wantsCompaction(): boolean {
    return this.#compacting === 'no' && this.#sizeBytes > this.#compactAtBytes;
  }

  async recover(replay: (record: Uint8Array) => void): Promise<Recovery> {
    assert(this.#state === 'new', 'a journal is recovered once');
    await mkdir(this.#folder, { recursive: true });
    const { recovery, lastNumber } = await recoverFolder(this.#folder, replay);
    this.#sizeBytes = recovery.sizeBytes;
    // A file of its own for each run: what is there already is never written to again.
    this.#fileNumber = lastNumber;
    this.#state = 'open';
    this.#enqueue('rotate');
    await this.flush();
    return recovery;
  }

  append(record: Uint8Array): void {
    const framed = frame(record);
    this.#pendingBytes += framed.length;
    this.#enqueue(framed);
  }

  async flush(): Promise<void> {
    if (this.#done === this.#asked) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiters.push({ position: this.#asked, resolve, reject });
    this.#run();
    await promise;
  }

  beginCompaction(): void {
    assert(this.#compacting === 'no', 'one compaction runs at a time');
    this.#compacting = 'asked';
    this.#enqueue('rotate');
  }

  async endCompaction(): Promise<void> {
    assert(this.#compacting !== 'no', 'a compaction ends after it began');
    await this.flush();
    const first = this.#compacting;
    assert(typeof first === 'number', 'a flushed journal has rotated');
    await this.#attempt(async () => {
      await this.#file?.datasync();
      for (const number of fileNumbers(await readdir(this.#folder))) {
        if (number < first) await unlink(join(this.#folder, fileName(number)));
      }
    });
    this.#compacting = 'no';
    this.#sizeBytes = this.#fileBytes;
    this.#compactAtBytes = Math.max(COMPACT_AFTER_BYTES, COMPACT_AT_GROWTH * this.#sizeBytes);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    try {
      await this.flush();
      await this.#attempt(async () => this.#file?.datasync());
    } finally {
      this.#state = 'closed';
      await this.#running;
      await this.#file?.close();
    }
  }

  #enqueue(work: Work): void {
    assert(this.#state === 'open', 'a journal is written to while it is open');
    this.#pending.push(work);
    this.#asked += 1;
    this.#run();
  }

  #run(): void {
    this.#running ??= this.#drain();
  }

  /** Does what is pending, until it fails or nothing is left. Never rejects. */
  async #drain(): Promise<void> {
    // Lets all of this turn's appends into the first batch.
    await Promise.resolve();
    try {
      while (this.#pending.length > 0) {
        await this.#step();
        this.#wake();
      }
    } catch (cause) {
      const failed = this.#waiters;
      this.#waiters = [];
      const error = new JournalError(`Cannot write journal in ${this.#folder}`, { cause });
      for (const { reject } of failed) reject(error);
    } finally {
      this.#running = undefined;
    }
  }

  #wake(): void {
    const rest = this.#waiters.findIndex(({ position }) => position > this.#done);
    const ready = this.#waiters.splice(0, rest < 0 ? this.#waiters.length : rest);
    for (const { resolve } of ready) resolve();
  }

  async #step(): Promise<void> {
    const [first] = this.#pending;
    if (first === 'rotate') {
      await this.#rotate();
      this.#finish(1, 0);
      return;
    }
    const batch: Buffer[] = [];
    let size = 0;
    for (const work of this.#pending) {
      if (work === 'rotate' || (size > 0 && size + work.length > MAX_BATCH_BYTES)) break;
      batch.push(work);
      size += work.length;
    }
    await this.#write(batch.length === 1 && batch[0] ? batch[0] : Buffer.concat(batch));
    this.#finish(batch.length, size);
  }

  #finish(count: number, size: number): void {
    this.#pending.splice(0, count);
    this.#pendingBytes -= size;
    this.#done += count;
  }

  async #write(bytes: Buffer): Promise<void> {
    const file = this.#file;
    assert(file !== undefined, 'a journal rotates before it writes');
    let written = 0;
    while (written < bytes.length) {
      const position = this.#fileBytes + written;
      const result = await file.write(bytes, written, bytes.length - written, position);
      written += result.bytesWritten;
    }
    if (this.#synced) await file.datasync();
    this.#fileBytes += bytes.length;
    this.#sizeBytes += bytes.length;
  }

  async #rotate(): Promise<void> {
    const number = this.#fileNumber + 1;
    const file = await this.#open(join(this.#folder, fileName(number)));
    try {
      await file.write(MAGIC, 0, MAGIC.length, 0);
      await this.#file?.datasync();
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#file?.close();
    this.#file = file;
    this.#fileNumber = number;
    this.#fileBytes = MAGIC.length;
    this.#sizeBytes += MAGIC.length;
    if (this.#compacting === 'asked') this.#compacting = number;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw new JournalError(`Cannot tidy journal in ${this.#folder}`, { cause });
    }
  }
}
