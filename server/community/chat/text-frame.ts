import type { ChatFrame } from '../../../contract/index.ts';

/** FIN and opcode 1 (RFC 6455 section 5.2); a server's frames are not masked. */
const TEXT = 0x81;
/** Lengths up to this one are written in the second byte. */
const SHORT = 125;
const MEDIUM = 0xff_ff;

/** An empty ping. */
export const PING_FRAME: Buffer = Buffer.from([0x89, 0]);

/** A whole text frame: made once, the same bytes can go to every socket. */
export function textFrame(json: string): Buffer {
  const length = Buffer.byteLength(json);
  const head = length <= SHORT ? 2 : length <= MEDIUM ? 4 : 10;
  const frame = Buffer.allocUnsafeSlow(head + length);
  frame[0] = TEXT;
  if (length <= SHORT) {
    frame[1] = length;
  } else if (length <= MEDIUM) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(json, head);
  return frame;
}

/** The frame of one value. */
export function frameOf(value: ChatFrame): Buffer {
  return textFrame(JSON.stringify(value));
}

/** A frame of entries that are JSON already. `kind` names it; see `ChatFrame`. */
export function listFrame(
  kind: 'history' | 'entries',
  list: readonly { readonly json: string }[],
  place: { readonly seq: number; readonly skipped: number; readonly epoch?: string | undefined },
): Buffer {
  const { seq, skipped, epoch } = place;
  const entries = list.map(({ json }) => json).join(',');
  const left = kind === 'entries' ? `"skipped":${skipped},` : '';
  const run = epoch === undefined ? '' : `"epoch":${JSON.stringify(epoch)},`;
  return textFrame(`{"type":"${kind}","seq":${seq},${run}${left}"entries":[${entries}]}`);
}
