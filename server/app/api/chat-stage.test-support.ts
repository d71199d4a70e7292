/** The chat of one stream behind its routes, for tests. */
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import Fastify, { type FastifyRequest } from 'fastify';
import type { Accounts, Principal } from '../../account/index.ts';
import { systemClock } from '../../base/index.ts';
import { ChatReplay, LocalBus } from '../../community/chat/index.ts';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { wholeChat } from '../chat/whole-chat.test-support.ts';
import type { OwnerOf } from './access.ts';
import { chatRoutes } from './chat-routes.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The database of all of them. */
export const database = await testDatabase();

const user = (userId: string, role: 'admin' | 'broadcaster' | 'viewer'): Principal => {
  return { kind: 'user', userId, role, sessionHash: '' };
};
const PEOPLE: Readonly<Record<string, Principal>> = {
  operator: { kind: 'operator' },
  root: user('usr_root', 'admin'),
  ada: user('usr_ada', 'broadcaster'),
  bob: user('usr_bob', 'broadcaster'),
  eve: user('usr_eve', 'viewer'),
  bot: {
    kind: 'token',
    tokenId: 't',
    userId: 'usr_ada',
    role: 'broadcaster',
    scopes: ['events:read'],
  },
};

const accountOf = (id: string) =>
  id.startsWith('usr_') ? { id, displayName: `Name of ${id}`, role: 'viewer' } : undefined;
const users = {
  get: async (id: string) => accountOf(id),
  named: async (name: string) => (name in PEOPLE ? accountOf(`usr_${name}`) : undefined),
};
const accounts: Accounts = { users } as never;

async function insertPlace(streamId: string): Promise<void> {
  await database.query(
    `insert into streams (id, broadcaster_id, title, status, created_at, updated_at)
     values ($1, 'usr_ada', 'Title', 'idle', now(), now())`,
    [streamId],
  );
  await database.query(
    `insert into users (id, name, display_name, role, created_at)
     values ('usr_bob', 'bob', 'Bob', 'viewer', now()) on conflict do nothing`,
  );
}

/** Whoever asks says who, and from where. */
function appOfTest() {
  const app = Fastify();
  app.decorateRequest('clientAddress', {
    getter(this: FastifyRequest) {
      return this.headers['x-from']?.toString();
    },
  });
  return app;
}

function accessTo(stream: OwnerOf) {
  return {
    identify: async ({ headers }: { headers: Record<string, unknown> }): Promise<Principal> =>
      PEOPLE[String(headers['x-who'])] ?? { kind: 'anonymous' },
    owners: { stream, webhook: async () => undefined },
    limits: new RateLimits(systemClock),
  };
}

/** A server with one stream, `ada`'s, and its chat. */
export async function startChat(context: TestContext) {
  const app = appOfTest();
  context.after(() => app.close());
  const streamId = `s${randomBytes(6).toString('hex')}`;
  let moments = 0;
  await insertPlace(streamId);
  let isOpen = true;
  const placeOf = async (id: string) =>
    id === streamId ? { ownerId: 'usr_ada', isOpen } : undefined;
  const whole = wholeChat(context, {
    ...{ database, accounts, placeOf, bus: new LocalBus(() => 'e') },
    liveStream: (id) => (id === 'target' ? { streamId: id, title: 'Target' } : undefined),
    onAir: () => {
      moments += 1;
      return { broadcastId: `${streamId}-b`, streamTimeMs: moments * 1_000 };
    },
  });
  const { chat, desk, store, stage, commands, roomOf } = whole;
  registerApi(
    app,
    accessTo(placeOf),
    chatRoutes({
      chat,
      replay: new ChatReplay(database),
      accounts,
      placeOf,
      ...{ commands, desk, stage },
    }),
  );
  const ask = async (who: string, method: Method, path = '', body?: object) => {
    const url = `/api/streams/${streamId}${path.startsWith('/follow') ? '' : '/chat'}${path}`;
    const headers = { 'x-who': who };
    const answer = await app.inject({ method, url, headers, ...(body && { payload: body }) });
    return {
      status: answer.statusCode,
      json: answer.body === '' ? null : answer.json(),
      headers: answer.headers,
    };
  };
  const shut = (): void => {
    isOpen = false;
  };
  return { app, ask, chat, desk, store, streamId, shut, roomOf };
}
