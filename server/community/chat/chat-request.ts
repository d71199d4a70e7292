import { CHAT_VERSION, type ChatRequest } from '../../../contract/index.ts';

const MAX_TOKEN_LENGTH = 100;
/** Printable ASCII: it is kept, and a database does not take every character. */
const NONCE = /^[ -~]{1,64}$/;
const MAX_ID_LENGTH = 100;

type Join = ChatRequest & { readonly type: 'join' };
type PostRequest = ChatRequest & { readonly type: 'post' };

/** Reads a frame; undefined when it is not one of this version. Fields it does not know are passed over. */
export function readRequest(text: string): ChatRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  if (isJoin(value)) return value;
  return isPost(value) ? value : undefined;
}

function isJoin(value: Readonly<Record<string, unknown>>): value is Join {
  const { type, v, ticket, guest, resume } = value;
  return (
    type === 'join' &&
    v === CHAT_VERSION &&
    isOptionalText(ticket, MAX_TOKEN_LENGTH) &&
    isOptionalText(guest, MAX_TOKEN_LENGTH) &&
    (resume === undefined || isPosition(resume))
  );
}

function isPost(value: Readonly<Record<string, unknown>>): value is PostRequest {
  const { type, text, nonce, replyTo } = value;
  return (
    type === 'post' &&
    typeof text === 'string' &&
    (nonce === undefined || (typeof nonce === 'string' && NONCE.test(nonce))) &&
    isOptionalText(replyTo, MAX_ID_LENGTH)
  );
}

function isPosition(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { epoch, seq } = value;
  return (
    typeof epoch === 'string' &&
    epoch.length <= MAX_TOKEN_LENGTH &&
    Number.isSafeInteger(seq) &&
    Number(seq) >= 0
  );
}

function isOptionalText(value: unknown, maxLength: number): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= maxLength);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
