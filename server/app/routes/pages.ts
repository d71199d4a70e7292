import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Scripts and styles come from us alone; hls.js demuxes in a worker made from a blob. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Said to the watch page of a stream that is not on air, so that it asks for no playlist. */
const OFF_AIR = '<meta name="on-air" content="no" />';

/** Addresses that show the application; it reads the rest of the address itself. */
const PAGES = [
  '/',
  '/setup',
  '/sign-in',
  '/account',
  '/studio',
  '/studio/:id',
  '/api/docs',
  '/docs/errors',
  '/admin/people',
] as const;

/**
 * Serves the built web application from `folder`: its pages, and its assets, whose names carry a
 * hash of their content. Without a build the pages say how to get one.
 */
export async function registerPageRoutes(
  app: FastifyInstance,
  folder: string,
  isOnAir: (streamId: string) => boolean,
): Promise<void> {
  const page = join(folder, 'index.html');
  for (const path of PAGES) {
    // The API wants to know of every route below it who may; these pages hold nothing secret.
    const config = { access: 'everybody' as const };
    app.get(path, { config }, async (_request, reply) => sendPage(reply, page));
  }
  app.get<{ Params: { readonly id: string } }>('/watch/:id', async ({ params }, reply) =>
    sendPage(reply, page, isOnAir(params.id) ? '' : OFF_AIR),
  );
  app.decorate('sendUnknownPage', (reply: FastifyReply) => sendPage(reply.code(404), page));
  const built = await access(folder).then(
    () => true,
    () => false,
  );
  if (!built) return;
  await app.register(fastifyStatic, {
    root: folder,
    index: false,
    wildcard: false,
    maxAge: '365d',
    immutable: true,
  });
}

/** `head` is added to what the page's head has. */
async function sendPage(reply: FastifyReply, page: string, head = ''): Promise<FastifyReply> {
  const html = await readFile(page, 'utf8').catch(() => undefined);
  if (html === undefined) {
    return reply.code(503).type('text/plain').send('The web page is not built: run `npm start`.\n');
  }
  return reply
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
    .header('cross-origin-opener-policy', 'same-origin')
    .header('referrer-policy', 'same-origin')
    .header('cache-control', 'no-cache')
    .type('text/html; charset=utf-8')
    .send(html.replace('</head>', `${head}</head>`));
}
