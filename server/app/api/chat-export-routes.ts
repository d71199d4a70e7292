/** What was said in a stream's chat, as one file that is written while it is read. */
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { ChatExport } from '../../community/chat/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { type ApiRoute, defineRoute, TAKEN_OVER } from './route.ts';
import { byId, sought } from './schema.ts';

const MAX_ID_LENGTH = 100;
/** Exports at once: each is a client that may take its time. */
const MOST_EXPORTS = 8;
/** How long a client may not read before it is cut off. */
const UNREAD_MS = 30_000;

const exportQuerySchema = z.object({
  broadcast: sought(MAX_ID_LENGTH)
    .optional()
    .meta({ description: 'The id of a broadcast; without it, all that was ever said.' }),
  removed: z.enum(['omit', 'mark']).default('omit').meta({
    description: 'Whether messages that were taken back are left out, or bear `removedAt`.',
  }),
});

/** What is to be written: a piece that was read, and those behind it. */
interface Text {
  readonly first?: IteratorResult<string, void>;
  readonly pieces?: AsyncGenerator<string, void, void>;
}

const NOTHING: Text = {};

/** Begins an export: the lines of what is wanted, some at a time. Throws the database's errors. */
export type BeginExport = (wanted: ChatExport) => AsyncGenerator<string, void, void>;

/** `GET /api/streams/{id}/chat/export`. */
export function chatExportRoutes(begin: BeginExport): readonly ApiRoute[] {
  let running = 0;
  const path = '/api/streams/:id/chat/export';
  return [
    defineRoute({
      ...{ method: 'GET', path, operationId: 'exportChat', tag: 'chat' },
      summary: 'All messages as JSON Lines, oldest first',
      description:
        'Each line is a `ChatMessage`. The answer is written while it is read; one that ends ' +
        'without its last chunk is not whole.',
      verb: 'export chat of stream',
      access: { action: 'chat.export', object: 'stream' },
      params: byId,
      query: exportQuerySchema,
      problems: ['too_many_readers'],
      mediaType: 'application/jsonl',
      answers: { 200: z.string() },
      answer: async ({ params: { id }, query: { broadcast, removed }, request, reply }) => {
        if (running >= MOST_EXPORTS) {
          const detail = 'Cannot export chat: too many others do; try again in a minute';
          return { refused: 'too_many_readers', detail };
        }
        const wanted = { streamId: id, broadcastId: broadcast, withRemoved: removed === 'mark' };
        const pieces = begin(wanted);
        running += 1;
        try {
          // Before anything is answered, so that a database that is away can still be told.
          const first = await pieces.next();
          reply.hijack();
          const name = `chat-${id}${broadcast === undefined ? '' : `-${broadcast}`}.jsonl`;
          await write(reply.raw, name, request.method === 'HEAD' ? NOTHING : { first, pieces });
        } finally {
          running -= 1;
        }
        return TAKEN_OVER;
      },
    }),
  ];
}

/** Writes piece by piece, no faster than the client reads. What fails ends the connection. */
async function write(raw: ServerResponse, name: string, { first, pieces }: Text): Promise<void> {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  raw.on('error', () => gone.abort());
  raw.setTimeout(UNREAD_MS, () => raw.socket?.destroy());
  raw.writeHead(200, {
    'content-type': 'application/jsonl',
    'content-disposition': `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  try {
    for (let piece = first; piece?.done === false; piece = await pieces?.next()) {
      if (gone.signal.aborted) return;
      if (!raw.write(piece.value)) await drained(raw, gone.signal);
    }
    raw.end();
  } catch (error) {
    raw.socket?.destroy();
    if (!(error instanceof DatabaseUnavailableError)) throw error;
  }
}

/** Resolves when more may be written, or nothing any more. */
function drained(raw: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) resolve();
    raw.once('drain', resolve);
    gone.addEventListener('abort', () => resolve(), { once: true });
  });
}
