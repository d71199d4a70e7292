import { crc32 } from 'node:zlib';
import { assert } from '../../base/index.ts';
import { MAX_RECORD_BYTES } from './journal.ts';

/** What every file begins with: name and version of the format. */
export const MAGIC = Buffer.from('MRJRNL01', 'latin1');
/** Length, CRC-32 of the record, CRC-32 of the two before; 32 bits each, little-endian. */
const HEADER_BYTES = 12;

/** A record as it stands in a file. */
export function frame(record: Uint8Array): Buffer {
  assert(record.length <= MAX_RECORD_BYTES, 'a record keeps to its largest size');
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + record.length);
  bytes.writeUInt32LE(record.length, 0);
  bytes.writeUInt32LE(crc32(record), 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
  bytes.set(record, HEADER_BYTES);
  return bytes;
}

/** How far a file could be read, and why not further. */
export interface Scan {
  readonly records: number;
  /** Where the last good record ends. */
  readonly end: number;
  /** `torn`: it stops within a record, as after a crash. `corrupt`: bytes are not what was written. */
  readonly state: 'whole' | 'torn' | 'corrupt';
}

/** Hands each record of a file to `visit`, up to the first that is not whole. */
export function scan(file: Buffer, visit: (record: Uint8Array) => void): Scan {
  const magic = file.subarray(0, MAGIC.length);
  if (!magic.equals(MAGIC)) {
    const torn = MAGIC.subarray(0, magic.length).equals(magic) || isBlank(file);
    return { records: 0, end: 0, state: torn ? 'torn' : 'corrupt' };
  }
  let end = MAGIC.length;
  let records = 0;
  while (end < file.length) {
    const record = recordAt(file, end);
    if (typeof record === 'string') return { records, end, state: record };
    visit(record);
    records += 1;
    end += HEADER_BYTES + record.length;
  }
  return { records, end, state: 'whole' };
}

function recordAt(file: Buffer, start: number): Uint8Array | 'torn' | 'corrupt' {
  const rest = file.length - start;
  // A crash of the machine can leave a file longer than what was written, with zeros at its end.
  if (rest < HEADER_BYTES || isBlank(file.subarray(start))) return 'torn';
  const length = file.readUInt32LE(start);
  const headerIsRight = crc32(file.subarray(start, start + 8)) === file.readUInt32LE(start + 8);
  if (!headerIsRight || length > MAX_RECORD_BYTES) return 'corrupt';
  const record = file.subarray(start + HEADER_BYTES, start + HEADER_BYTES + length);
  if (record.length < length) return 'torn';
  if (crc32(record) === file.readUInt32LE(start + 4)) return record;
  return rest === HEADER_BYTES + length ? 'torn' : 'corrupt';
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
