/**
 * Every route, every role, one's own and somebody else's object. The table is compared with the
 * OpenAPI document: a route that is in one and not in the other fails.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Principal } from '../../account/index.ts';
import { ManualClock } from '../../base/index.ts';
import { describeApi } from './document.ts';
import { everyRoute } from './every-route.test-support.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import type { ApiRoute } from './route.ts';

const OWNER = 'usr_owner';
const person = (role: 'admin' | 'broadcaster' | 'moderator' | 'viewer', userId = 'usr_other') =>
  ({ kind: 'user', role, userId, sessionHash: '' }) as const;
const program = (scopes: readonly ('admin' | 'chat:read')[], role: 'admin' | 'broadcaster') =>
  ({ kind: 'token', tokenId: 'tok_1', userId: OWNER, role, scopes }) as const;

/** Who asks, in the order of the table's columns. The object is the owner's. */
const CALLERS: Readonly<Record<string, Principal>> = {
  nobody: { kind: 'anonymous' },
  operator: { kind: 'operator' },
  local: { kind: 'operator', isLocal: true },
  admin: person('admin'),
  owner: person('broadcaster', OWNER),
  stranger: person('broadcaster'),
  moderator: person('moderator'),
  viewer: person('viewer'),
  ownersProgram: program(['admin'], 'broadcaster'),
  narrowProgram: program(['chat:read'], 'admin'),
  adminsProgram: program(['admin'], 'admin'),
};

/** What each of them is answered: `in`, or a status. */
const ROWS = {
  //             nobody operator local admin owner strang. moder. viewer program narrow admin's
  everybody: /* */ ['in', 'in', 'in', 'in', 'in', 'in', 'in', 'in', 'in', 'in', 'in'],
  staff: /*     */ [401, 'in', 'in', 'in', 'in', 'in', 'in', 403, 'in', 403, 'in'],
  inspectors: /**/ [401, 'in', 'in', 'in', 'in', 403, 'in', 403, 'in', 403, 'in'],
  makers: /*    */ [401, 'in', 'in', 'in', 'in', 'in', 403, 403, 'in', 403, 'in'],
  owners: /*    */ [401, 'in', 'in', 'in', 'in', 403, 403, 403, 'in', 403, 'in'],
  people: /*    */ [401, 'in', 401, 'in', 403, 403, 403, 403, 403, 403, 'in'],
  inviters: /*  */ [401, 'in', 401, 'in', 403, 403, 403, 403, 403, 403, 403],
  secrets: /*   */ [401, 'in', 'in', 'in', 'in', 404, 403, 403, 'in', 403, 'in'],
  auditors: /*  */ [401, 'in', 401, 'in', 403, 403, 403, 403, 403, 403, 'in'],
  speakers: /*  */ [401, 'in', 'in', 'in', 'in', 'in', 'in', 'in', 'in', 403, 'in'],
  readers: /*   */ [401, 'in', 'in', 'in', 'in', 403, 403, 403, 'in', 'in', 'in'],
  account: /*   */ [401, 403, 403, 'in', 'in', 'in', 'in', 'in', 'in', 403, 'in'],
  person: /*    */ [401, 403, 403, 'in', 'in', 'in', 'in', 'in', 403, 403, 403],
} as const;

const TABLE: Readonly<Record<string, keyof typeof ROWS>> = {
  getClock: 'everybody',
  getDocument: 'everybody',
  getIngest: 'everybody',
  getStream: 'everybody',
  listLive: 'everybody',
  getHealth: 'inspectors',
  getLiveStream: 'staff',
  listStreams: 'staff',
  createStream: 'makers',
  updateStream: 'owners',
  deleteStream: 'owners',
  startStream: 'owners',
  endStream: 'owners',
  replaceKey: 'owners',
  listKeys: 'owners',
  issueKey: 'owners',
  revokeKey: 'owners',
  getViewers: 'everybody',
  joinViewers: 'everybody',
  heartbeatViewers: 'everybody',
  leaveViewers: 'everybody',
  getChat: 'everybody',
  exportChat: 'readers',
  getChatSettings: 'everybody',
  listChatCommands: 'everybody',
  postChat: 'speakers',
  createChatTicket: 'speakers',
  getChatAutomod: 'speakers',
  updateChatAutomod: 'speakers',
  listHeldChat: 'speakers',
  approveHeldChat: 'speakers',
  denyHeldChat: 'speakers',
  raiseChatShield: 'speakers',
  liftChatShield: 'speakers',
  getChatPin: 'everybody',
  pinChatMessage: 'speakers',
  unpinChatMessage: 'speakers',
  listChatPolls: 'everybody',
  openChatPoll: 'speakers',
  endChatPoll: 'speakers',
  voteInChat: 'speakers',
  announceRaid: 'speakers',
  cancelRaid: 'speakers',
  updateChatSettings: 'speakers',
  listChatDeeds: 'speakers',
  deleteChatMessage: 'speakers',
  clearChat: 'speakers',
  listChatBans: 'speakers',
  putChatBan: 'speakers',
  deleteChatBan: 'speakers',
  listChatMembers: 'speakers',
  putChatRole: 'speakers',
  deleteChatRole: 'speakers',
  getFollow: 'account',
  followStream: 'account',
  unfollowStream: 'account',
  listEvents: 'makers',
  listAudit: 'auditors',
  getConfiguration: 'auditors',
  reloadConfiguration: 'auditors',
  listWebhooks: 'makers',
  createWebhook: 'makers',
  getWebhook: 'secrets',
  updateWebhook: 'secrets',
  deleteWebhook: 'secrets',
  rotateSecret: 'secrets',
  testWebhook: 'secrets',
  replayFailed: 'secrets',
  listDeliveries: 'secrets',
  replay: 'secrets',
  getMe: 'everybody',
  signIn: 'everybody',
  signOut: 'everybody',
  lookAtInvitation: 'everybody',
  acceptInvitation: 'everybody',
  listSessions: 'account',
  listTokens: 'account',
  revokeSession: 'person',
  changePassword: 'person',
  createToken: 'person',
  revokeToken: 'person',
  listUsers: 'people',
  updateUser: 'inviters',
  listInvitations: 'people',
  invite: 'inviters',
  createPasswordLink: 'inviters',
  withdrawInvitation: 'inviters',
};

/** Answered instead of by the route itself, when access is given. */
const LET_IN = { refused: 'not_live', detail: 'let in' } as const;

function start(caller: () => Principal): { app: FastifyInstance; routes: readonly ApiRoute[] } {
  const routes = everyRoute();
  const app = Fastify();
  const settings = {
    identify: async () => caller(),
    owners: {
      stream: async () => ({ ownerId: OWNER }),
      webhook: async () => ({ ownerId: OWNER }),
    },
    limits: new RateLimits(new ManualClock()),
  };
  registerApi(
    app,
    settings,
    routes.map((route) => ({
      ...route,
      ...{ params: undefined, query: undefined, body: undefined },
      answer: async () => LET_IN,
    })),
  );
  return { app, routes };
}

test('every route of the document has a row in the table of access', () => {
  const { paths } = describeApi(everyRoute(), '0.0.0');
  const described = Object.values(paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  assert.deepEqual(described.toSorted(), Object.keys(TABLE).toSorted());
});

test('every route answers each caller as its row says', async (context) => {
  let caller: Principal = { kind: 'anonymous' };
  const { app, routes } = start(() => caller);
  context.after(() => app.close());
  for (const { operationId, method, path } of routes) {
    const answers: (number | 'in')[] = [];
    for (const each of Object.values(CALLERS)) {
      caller = each;
      const { statusCode, body } = await app.inject({
        method,
        url: path.replace(/:\w+/g, 'an-id'),
      });
      answers.push(JSON.parse(body).detail === LET_IN.detail ? 'in' : statusCode);
    }
    const row = TABLE[operationId];
    assert.ok(row !== undefined, `${operationId} has no row`);
    assert.deepEqual(answers, ROWS[row], `${operationId}: ${Object.keys(CALLERS).join(' ')}`);
  }
});

test('every route tells who may not know of an object that it is not there', async (context) => {
  const { app, routes } = start(() => person('broadcaster'));
  context.after(() => app.close());
  for (const { access, method, path } of routes) {
    if (access === 'everybody' || access.object === undefined) continue;
    const url = path.replace(/:\w+/g, '%00');
    assert.equal((await app.inject({ method, url })).statusCode, 404, `${method} ${path}`);
  }
});
