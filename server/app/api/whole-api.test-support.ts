/** The whole control API over one database, with people, for tests that attack it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import type { Role } from '../../../contract/index.ts';
import { emptyAccounts } from '../../account/accounts.test-support.ts';
import { silentLog } from '../../base/index.ts';
import { openChannels } from '../../channel/channels.test-support.ts';
import { EventStreams } from '../../notice/event-stream/index.ts';
import { Courier, WebhookSender, Webhooks } from '../../notice/webhook/index.ts';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { EventTail } from '../../store/sql/index.ts';
import { createApp } from '../http/fastify-app.ts';
import { DEFAULT_HTTP_LIMITS, ManagementGuard, ResponseTally } from '../http/index.ts';
import type { ConfigurationDesk } from './configuration-routes.ts';
import { registerControlApi } from './control-api.ts';
import type { ApiDocument } from './document.ts';

/** Where people open it. */
export const PUBLIC_URL = 'https://tv.example';
/** Everybody's. */
export const PASSWORD = 'correct horse';

/** What is sent along. */
export interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The peer's address; elsewhere without it. */
  readonly from?: string;
}

/** Headers that tell who asks. */
export type Credentials = Readonly<Record<string, string>>;

/** An API without accounts, over an emptied database. */
export async function openWholeApi(
  options: {
    readonly trustedProxies?: readonly string[];
    readonly reload?: ConfigurationDesk['reload'];
  } = {},
) {
  const { channels, clock } = await openChannels();
  const accounts = await emptyAccounts({ clock });
  const database = await testDatabase();
  const policy = { allowsLoopback: false };
  const courier = new Courier({
    ...{ clock, root: randomBytes(32), sender: new WebhookSender({ clock, policy }) },
  });
  const requeued = (): void => {};
  const webhooks = new Webhooks({ database, clock, courier, policy, randomBytes, requeued });
  const streams = new EventStreams({
    ...{ clock, log: silentLog, tail: new EventTail({ database, clock, log: silentLog }) },
  });
  const { trustedProxies } = options;
  const management = { host: '127.0.0.1', publicUrl: PUBLIC_URL, trustedProxies };
  const app = createApp({
    log: silentLog,
    limits: DEFAULT_HTTP_LIMITS,
    guard: new ManagementGuard(management),
    responses: new ResponseTally(),
    trustedProxies: () => trustedProxies,
  });
  registerControlApi(app, {
    ...{ channels, accounts, database, clock, management, publicUrl: PUBLIC_URL },
    answerRoot: randomBytes(32),
    ingestEndpoints: async () => [],
    ...{ isTls: false, version: '0.0.0', rtmpPort: () => 1935, windowS: 12 },
    ...{ hasPoster: () => false, qualitiesOf: () => [], viewersOf: () => 0 },
    configuration: {
      view: () => [],
      reload: options.reload ?? (async () => ({ kind: 'refused', problems: ['not in tests'] })),
    },
    notices: { webhooks, database, streams },
  });
  after(async () => {
    await app.close();
    await channels.close();
  });
  const ask = (what: string, { body, headers, from = '192.0.2.7' }: Ask = {}) => {
    const [method = '', url = ''] = what.split(' ');
    return app.inject({
      method: method as 'GET',
      url,
      remoteAddress: from,
      headers: { host: 'tv.example', accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
  };
  return { ask, accounts, channels, database, clock };
}

/** See `openWholeApi`. */
export type WholeApi = Awaited<ReturnType<typeof openWholeApi>>;

/** Every operation of the document, with the ids in its path filled in. */
export async function operationsOf({ ask }: WholeApi): Promise<readonly Operation[]> {
  const { paths } = (await ask('GET /api/openapi.json')).json() as ApiDocument;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      operationId,
      method: method.toUpperCase(),
      url: path.replace(/\{\w+\}/g, 'an-id'),
    })),
  );
}

/** One operation. */
export interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly url: string;
}

/** Signs somebody in for the first time; the first one is the administrator. */
export async function join(api: WholeApi, name: string, role: Role): Promise<Credentials> {
  const { accounts, ask } = api;
  const first = await accounts.invitations.openSetup();
  const by = { kind: 'operator', id: null, remoteAddress: null } as const;
  const made = first ?? (await accounts.invitations.invite(role, by));
  assert.ok(typeof made === 'string' || 'secret' in made);
  const secret = typeof made === 'string' ? made : made.secret;
  const body = { secret, name, password: PASSWORD };
  return credentialsOf(await ask('POST /api/invitations/accept', { body }));
}

/** What a page of whoever just signed in sends along. */
export function credentialsOf(answer: LightMyRequestResponse): Credentials {
  assert.equal(answer.statusCode, 200, answer.body);
  const [cookie = ''] = String(answer.headers['set-cookie']).split(';');
  return { cookie, 'x-csrf-token': answer.json().csrfToken };
}

/** What matters that an attack could have changed. */
export async function stateOf({ database }: WholeApi): Promise<unknown> {
  const tables = ['users', 'invitations', 'api_tokens', 'streams', 'stream_keys', 'webhooks'];
  const columns = [...tables, 'audit_log'].map(
    (name) => `(select json_agg(t order by t::text) from ${name} t) as ${name}`,
  );
  return database.query(`select ${columns.join(', ')}`);
}
