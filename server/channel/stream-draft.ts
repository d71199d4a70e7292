import { z } from 'zod';
import type { Refusal } from '../../contract/index.ts';
import { MAX_BROADCASTER_ID_LENGTH, MAX_TITLE_LENGTH, type StreamDraft } from './stream.ts';

/** Names end up in pages, playlists and logs: nothing in them may end a line or steer a terminal. */
const FORBIDDEN = /[\p{Cc}\u2028\u2029]/u;

const bodySchema = z.object(
  {
    broadcasterId: name(MAX_BROADCASTER_ID_LENGTH),
    title: name(MAX_TITLE_LENGTH),
  },
  { error: 'must be an object' },
);

function name(maxLength: number) {
  return z
    .string({
      error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string'),
    })
    .trim()
    .min(1, { error: 'must not be blank', abort: true })
    .max(maxLength, { error: `must have at most ${maxLength} characters`, abort: true })
    .refine((text) => !FORBIDDEN.test(text), {
      error: 'must not contain control characters or line breaks',
      abort: true,
    })
    .refine((text) => text.isWellFormed(), { error: 'must be well-formed Unicode' });
}

/**
 * What a client sent to create a stream, checked field by field. White space around a name is
 * taken off; fields that are not asked for are passed over, so none can set what only the server
 * may.
 */
export function readStreamDraft(body: unknown): StreamDraft | Refusal {
  const read = bodySchema.safeParse(body);
  if (read.success) return read.data;
  const errors = read.error.issues.map(({ path, message }) => ({
    field: path.join('.') || 'body',
    message,
  }));
  const [first] = errors;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return {
    refused: 'invalid_request',
    detail: `Cannot create stream: ${first?.field} ${first?.message}${more}`,
    errors,
  };
}
