import { assert } from '../../base/index.ts';
import { AmfEcmaArray, type AmfMap, type AmfValue, MARKER } from './value.ts';

const INITIAL_CAPACITY = 256;
const MAX_SHORT_STRING_BYTES = 0xffff;
const utf8 = new TextEncoder();

/**
 * Encodes `values` one after another. Strings above 65,535 bytes become long strings; lone
 * surrogates become replacement characters. A key above 65,535 bytes is a fault of the caller.
 */
export function encodeAmf0(values: readonly AmfValue[]): Uint8Array {
  const encoder = new Encoder();
  for (const value of values) encoder.value(value);
  return encoder.bytes();
}

class Encoder {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  value(value: AmfValue): void {
    if (value === null) this.#u8(MARKER.null);
    else if (value === undefined) this.#u8(MARKER.undefined);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'boolean') {
      this.#u8(MARKER.boolean);
      this.#u8(value ? 1 : 0);
    } else if (value instanceof Date) this.#date(value);
    else if (value instanceof Map) this.#properties(value);
    else if (Array.isArray(value)) this.#elements(value);
    else assert(false, 'Cannot encode AMF0: value is of no AMF0 type');
  }

  #number(value: number): void {
    this.#u8(MARKER.number);
    this.#f64(value);
  }

  #string(value: string): void {
    const text = utf8.encode(value);
    if (text.length <= MAX_SHORT_STRING_BYTES) {
      this.#u8(MARKER.string);
      this.#u16(text.length);
    } else {
      this.#u8(MARKER.longString);
      this.#u32(text.length);
    }
    this.#raw(text);
  }

  #date(value: Date): void {
    this.#u8(MARKER.date);
    this.#f64(value.getTime());
    this.#u16(0); // time zone: reserved, "should be set to 0x0000" (section 2.13)
  }

  #properties(map: AmfMap): void {
    if (map instanceof AmfEcmaArray) {
      this.#u8(MARKER.ecmaArray);
      this.#u32(map.size);
    } else {
      this.#u8(MARKER.object);
    }
    for (const [key, value] of map) {
      this.#key(key);
      this.value(value);
    }
    this.#u16(0);
    this.#u8(MARKER.objectEnd);
  }

  #key(key: string): void {
    const text = utf8.encode(key);
    assert(
      text.length <= MAX_SHORT_STRING_BYTES,
      `Cannot encode AMF0: key of ${text.length} bytes exceeds ${MAX_SHORT_STRING_BYTES}`,
    );
    this.#u16(text.length);
    this.#raw(text);
  }

  #elements(elements: readonly AmfValue[]): void {
    this.#u8(MARKER.strictArray);
    this.#u32(elements.length);
    for (const element of elements) this.value(element);
  }

  #u8(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
  }

  #u16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value);
    this.#length += 2;
  }

  #u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  #f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
