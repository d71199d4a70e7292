import type { AmfMap, AmfValue } from './amf.ts';

/** What is said of Enhanced RTMP (v2) to encoders that bring it up. */
export interface EnhancedCapabilities {
  /** FourCCs of video that is carried, such as `hvc1`. */
  readonly video: readonly string[];
  /** FourCCs of audio that is carried, such as `Opus`. */
  readonly audio: readonly string[];
  /** CapsExMask: Reconnect 1, Multitrack 2, ModEx 4, TimestampNanoOffset 8. */
  readonly capsEx: number;
}

/** FourCcInfoMask of Enhanced RTMP v2: what comes in is handed on, not decoded. */
const CAN_FORWARD = 4;
/** Names in the `connect` object by which an encoder shows that it speaks Enhanced RTMP. */
const ENHANCED_NAMES = ['fourCcList', 'videoFourCcInfoMap', 'audioFourCcInfoMap', 'capsEx'];
/** What Adobe's own server answers; encoders look at both to tell the server's age. */
const SERVER_PROPERTIES: readonly [string, AmfValue][] = [
  ['fmsVer', 'FMS/4,5,0,297'],
  ['capabilities', 255],
  ['mode', 1],
];

/** Whether the object of a `connect` command speaks of Enhanced RTMP. */
export function offersEnhanced(connectObject: AmfMap): boolean {
  return ENHANCED_NAMES.some((name) => connectObject.has(name));
}

/** The `_result` that accepts a `connect` (Adobe RTMP 1.0, section 7.2.1.1). */
export function connectResult(
  transactionId: number,
  enhanced: EnhancedCapabilities | undefined,
): AmfValue[] {
  // Enhanced RTMP does not say which of the two objects an encoder looks into, so both have it.
  const additions = enhanced === undefined ? [] : enhancedProperties(enhanced);
  const information = new Map<string, AmfValue>([
    ...status('status', 'NetConnection.Connect.Success', 'Connection succeeded.'),
    ['objectEncoding', 0],
    ...additions,
  ]);
  return ['_result', transactionId, new Map([...SERVER_PROPERTIES, ...additions]), information];
}

/** The `_error` that refuses a `connect` to an application that is not served. */
export function connectError(transactionId: number, description: string): AmfValue[] {
  const information = status('error', 'NetConnection.Connect.InvalidApp', description);
  return ['_error', transactionId, null, information];
}

/** A `_result` with one value, or with none. */
export function result(transactionId: number, value?: AmfValue): AmfValue[] {
  return ['_result', transactionId, null, value];
}

/** The `_error` that answers a call of an unknown name. */
export function callError(transactionId: number): AmfValue[] {
  const information = status('error', 'NetConnection.Call.Failed', 'No such method.');
  return ['_error', transactionId, null, information];
}

/** An `onStatus` on a stream (section 7.2.2); `level` decides whether an encoder shows an error. */
export function onStatus(level: 'status' | 'error', code: string, description: string): AmfValue[] {
  return ['onStatus', 0, null, status(level, code, description)];
}

/** `onFCPublish` or `onFCUnpublish`: Flash Media Live Encoder waits for them. */
export function onFlashPublish(name: 'onFCPublish' | 'onFCUnpublish', code: string): AmfValue[] {
  return [name, 0, null, new Map([['code', code]])];
}

function status(level: string, code: string, description: string): Map<string, AmfValue> {
  return new Map([
    ['level', level],
    ['code', code],
    ['description', description],
  ]);
}

function enhancedProperties(enhanced: EnhancedCapabilities): [string, AmfValue][] {
  const mask = (fourCcs: readonly string[]): AmfMap =>
    new Map(fourCcs.map((fourCc) => [fourCc, CAN_FORWARD]));
  return [
    ['fourCcList', [...enhanced.video, ...enhanced.audio]],
    ['videoFourCcInfoMap', mask(enhanced.video)],
    ['audioFourCcInfoMap', mask(enhanced.audio)],
    ['capsEx', enhanced.capsEx],
  ];
}
