/** An AMF0 value as commands carry it. Objects and ECMA arrays are Maps. */
export type AmfValue =
  | number
  | boolean
  | string
  | null
  | undefined
  | Date
  | AmfMap
  | readonly AmfValue[];

/** The properties of an AMF0 object or ECMA array. */
export type AmfMap = ReadonlyMap<string, AmfValue>;

/** How a session reads and writes AMF0. Given by the owner, since formats are strangers to wires. */
export interface AmfCodec {
  encode(values: readonly AmfValue[]): Uint8Array;
  /** @throws Violation when `bytes` are not a whole number of values. */
  decode(bytes: Uint8Array): readonly AmfValue[];
}
