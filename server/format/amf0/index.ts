/** @module AMF0: the values that RTMP commands and FLV metadata are written in, to and from bytes. */
export { AMF0_MAX_BYTES, AMF0_MAX_DEPTH, AMF0_MAX_VALUES, decodeAmf0 } from './decode.ts';
export { encodeAmf0 } from './encode.ts';
export { AmfEcmaArray, type AmfMap, type AmfValue } from './value.ts';
