/**
 * ISO/IEC 14496-12 boxes as small expressions: a field knows its size before it is written, so a
 * whole tree is written into one buffer of exactly its size, sample bytes included.
 */

/** Something of known size that can write itself at an offset. */
export interface Field {
  readonly size: number;
  write(into: Output, at: number): void;
}

/** The bytes being written, and a view of the same bytes. */
export interface Output {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A box: 32-bit size, four-character type, fields. */
export function box(type: string, ...fields: readonly Field[]): Field {
  let size = 8;
  for (const field of fields) size += field.size;
  return {
    size,
    write(into, at) {
      into.view.setUint32(at, size);
      writeAscii(into, at + 4, type);
      let cursor = at + 8;
      for (const field of fields) {
        field.write(into, cursor);
        cursor += field.size;
      }
    },
  };
}

/** A box that starts with a version byte and three bytes of flags (14496-12, 4.2). */
export function fullBox(
  type: string,
  { version = 0, flags = 0 }: { readonly version?: number; readonly flags?: number },
  ...fields: readonly Field[]
): Field {
  return box(type, u32(((version << 24) | flags) >>> 0), ...fields);
}

/** An unsigned byte. */
export function u8(value: number): Field {
  return { size: 1, write: (into, at) => into.view.setUint8(at, value) };
}

/** 16 bits, big-endian. */
export function u16(value: number): Field {
  return { size: 2, write: (into, at) => into.view.setUint16(at, value) };
}

/** 32 bits, big-endian. */
export function u32(value: number): Field {
  return { size: 4, write: (into, at) => into.view.setUint32(at, value) };
}

/** 32 bits whose value is asked for when it is written: an offset that depends on the whole. */
export function lateU32(value: () => number): Field {
  return { size: 4, write: (into, at) => into.view.setUint32(at, value()) };
}

/** 64 bits, big-endian, of a safe integer. */
export function u64(value: number): Field {
  return {
    size: 8,
    write(into, at) {
      into.view.setUint32(at, Math.floor(value / 2 ** 32));
      into.view.setUint32(at + 4, value % 2 ** 32);
    },
  };
}

/** Bits 31..16 before the point, 15..0 after it. */
export function fixed16(value: number): Field {
  return u32(Math.round(value * 65_536));
}

/** Characters of one byte each, such as a brand. */
export function ascii(text: string): Field {
  return { size: text.length, write: (into, at) => writeAscii(into, at, text) };
}

/** Characters and the zero that ends them. */
export function asciiz(text: string): Field {
  return ascii(`${text}\0`);
}

/** `count` zero bytes. */
export function zeros(count: number): Field {
  return { size: count, write: (into, at) => void into.bytes.fill(0, at, at + count) };
}

/** Bytes that exist already; copied once, when the tree is written. */
export function raw(bytes: Uint8Array): Field {
  return { size: bytes.length, write: (into, at) => into.bytes.set(bytes, at) };
}

/** Writes `fields` one after another into one buffer that belongs to nothing else. */
export function bytesOf(...fields: readonly Field[]): Uint8Array {
  let size = 0;
  for (const field of fields) size += field.size;
  const bytes = new Uint8Array(size);
  const into = { bytes, view: new DataView(bytes.buffer) };
  let at = 0;
  for (const field of fields) {
    field.write(into, at);
    at += field.size;
  }
  return bytes;
}

function writeAscii(into: Output, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) into.bytes[at + i] = text.charCodeAt(i);
}
