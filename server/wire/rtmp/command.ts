import { Violation } from '../../base/index.ts';
import type { AmfCodec, AmfMap, AmfValue } from './amf.ts';
import { MESSAGE, type RtmpMessage } from './message.ts';

/** A command a peer sent: `[name, transaction id, object or null, ...arguments]` (section 7.1.1). */
export interface RtmpCommand {
  readonly name: string;
  readonly transactionId: number;
  readonly messageStreamId: number;
  /** Properties of the command object; empty when it was null. */
  readonly object: AmfMap;
  readonly args: readonly AmfValue[];
}

/** @throws Violation `rtmp_command_malformed`, or what `amf` throws */
export function readCommand(message: RtmpMessage, amf: AmfCodec): RtmpCommand {
  const [name, transactionId, object, ...args] = amf.decode(amfBytes(message));
  if (typeof name !== 'string') {
    throw new Violation('rtmp_command_malformed', 'Cannot read command: it has no name');
  }
  return {
    name,
    // Commands that expect no answer come without, or with 0.
    transactionId: typeof transactionId === 'number' ? transactionId : 0,
    messageStreamId: message.messageStreamId,
    object: isMap(object) ? object : new Map(),
    args,
  };
}

/** The properties of an `onMetaData`, wrapped in `@setDataFrame` or bare; undefined for other data. */
export function readMetadata(message: RtmpMessage, amf: AmfCodec): AmfMap | undefined {
  const values = amf.decode(amfBytes(message));
  const from = values[0] === '@setDataFrame' ? 1 : 0;
  const properties = values[from + 1];
  return values[from] === 'onMetaData' && isMap(properties) ? properties : undefined;
}

/** A text argument, or a Violation `rtmp_command_malformed` that says which one is missing. */
export function textArgument(command: RtmpCommand, value: AmfValue, name: string): string {
  if (typeof value === 'string') return value;
  throw new Violation(
    'rtmp_command_malformed',
    `Cannot run ${command.name}: ${name} is ${value === null ? 'null' : typeof value}, not text`,
  );
}

/** Types 15 and 17 put a format selector before the values; 0, the only one in use, means AMF0. */
function amfBytes(message: RtmpMessage): Uint8Array {
  const { typeId, payload } = message;
  if (typeId !== MESSAGE.dataAmf3 && typeId !== MESSAGE.commandAmf3) return payload;
  if (payload[0] === 0) return payload.subarray(1);
  throw new Violation(
    'rtmp_amf3_unsupported',
    `Cannot read message of type ${typeId}: format selector ${payload[0]} is not AMF0`,
  );
}

function isMap(value: AmfValue): value is AmfMap {
  return value instanceof Map;
}
