/**
 * One AMF0 value (Adobe "Action Message Format -- AMF 0", 2007).
 *
 * Objects are Maps and never plain objects, so that a peer's key named `__proto__` or
 * `constructor` is a key like any other and can reach no prototype.
 */
export type AmfValue =
  | number
  | boolean
  | string
  | null
  | undefined
  | Date
  | AmfMap
  | readonly AmfValue[];

/** An object (section 2.5) or, when it is an `AmfEcmaArray`, an ECMA array (2.10), in wire order. */
export type AmfMap = ReadonlyMap<string, AmfValue>;

/**
 * An associative array (section 2.10). Read it as the Map that it is; the class exists so that it
 * is written back with its own marker.
 */
export class AmfEcmaArray extends Map<string, AmfValue> {}

/** The type markers of section 2.1. */
export const MARKER = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  null: 0x05,
  undefined: 0x06,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  xmlDocument: 0x0f,
  typedObject: 0x10,
} as const;
