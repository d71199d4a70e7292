import { Violation } from '../../base/index.ts';
import { AmfEcmaArray, type AmfValue, MARKER } from './value.ts';

/** Longest run of bytes decoded at once. An `onMetaData` is below 2 KiB; keyframe indexes are not live. */
export const AMF0_MAX_BYTES = 256 * 1024;
/** How deep objects and arrays may nest. */
export const AMF0_MAX_DEPTH = 16;
/** Most values, nested ones included, in one run of bytes. */
export const AMF0_MAX_VALUES = 8192;

// A byte order mark is kept: dropping it would make two different names equal.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Decodes the values that follow each other in `bytes`, to its very end.
 *
 * Text that is not UTF-8 gets replacement characters, because encoders put names in local
 * encodings into metadata. The time zone of a date is dropped (reserved, section 2.13), the class
 * name of a typed object too, and XML comes as its text. References, movie clips, record sets and
 * AMF3 are not taken. A key that occurs twice keeps its last value.
 *
 * @throws Violation `amf0_malformed`, `amf0_unsupported_type` or `amf0_too_large`
 */
export function decodeAmf0(bytes: Uint8Array): AmfValue[] {
  if (bytes.length > AMF0_MAX_BYTES) {
    throw new Violation(
      'amf0_too_large',
      `Cannot decode AMF0: ${bytes.length} bytes exceed ${AMF0_MAX_BYTES}`,
    );
  }
  return new Decoder(bytes).values();
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #depth = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  values(): AmfValue[] {
    const values: AmfValue[] = [];
    while (this.#at < this.#bytes.length) values.push(this.#value());
    return values;
  }

  #value(): AmfValue {
    if (++this.#count > AMF0_MAX_VALUES) {
      throw new Violation(
        'amf0_too_large',
        `Cannot decode AMF0: more than ${AMF0_MAX_VALUES} values`,
      );
    }
    const marker = this.#u8();
    switch (marker) {
      case MARKER.number:
        return this.#f64();
      case MARKER.boolean:
        return this.#u8() !== 0;
      case MARKER.string:
        return this.#text(this.#u16());
      case MARKER.longString:
      case MARKER.xmlDocument:
        return this.#text(this.#u32());
      case MARKER.null:
        return null;
      case MARKER.undefined:
      case MARKER.unsupported:
        return undefined;
      case MARKER.date:
        return this.#date();
      default:
        return this.#nested(marker);
    }
  }

  #nested(marker: number): AmfValue {
    if (++this.#depth > AMF0_MAX_DEPTH) {
      throw new Violation(
        'amf0_too_large',
        `Cannot decode AMF0: nested deeper than ${AMF0_MAX_DEPTH}`,
      );
    }
    const value = this.#container(marker);
    this.#depth--;
    return value;
  }

  #container(marker: number): AmfValue {
    switch (marker) {
      case MARKER.object:
        return this.#properties(new Map());
      case MARKER.typedObject:
        this.#text(this.#u16());
        return this.#properties(new Map());
      case MARKER.ecmaArray:
        // The count is a hint (section 2.10): encoders write 0, or one too many. The end is marked.
        this.#u32();
        return this.#properties(new AmfEcmaArray());
      case MARKER.strictArray:
        return this.#elements(this.#u32());
      default:
        throw new Violation(
          'amf0_unsupported_type',
          `Cannot decode AMF0: marker ${marker} at byte ${this.#at - 1} is not taken`,
        );
    }
  }

  #properties(into: Map<string, AmfValue>): Map<string, AmfValue> {
    for (;;) {
      const key = this.#text(this.#u16());
      if (key === '' && this.#bytes[this.#at] === MARKER.objectEnd) {
        this.#at++;
        return into;
      }
      into.set(key, this.#value());
    }
  }

  #elements(length: number): AmfValue[] {
    // An element is at least its marker, so a forged count is seen before anything is kept for it.
    this.#need(length);
    const elements: AmfValue[] = [];
    for (let i = 0; i < length; i++) elements.push(this.#value());
    return elements;
  }

  #date(): Date {
    const date = new Date(this.#f64());
    this.#u16();
    return date;
  }

  #text(length: number): string {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return utf8.decode(this.#bytes.subarray(start, this.#at));
  }

  #u8(): number {
    this.#need(1);
    return this.#view.getUint8(this.#at++);
  }

  #u16(): number {
    this.#need(2);
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2);
  }

  #u32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  #f64(): number {
    this.#need(8);
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8);
  }

  #need(size: number): void {
    const left = this.#bytes.length - this.#at;
    if (size > left) {
      throw new Violation(
        'amf0_malformed',
        `Cannot decode AMF0: byte ${this.#at} needs ${size} more bytes, ${left} are left`,
      );
    }
  }
}
