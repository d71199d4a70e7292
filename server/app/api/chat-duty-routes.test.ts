import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '../chat/two-chats.test-support.ts';
import { startChat } from './chat-stage.test-support.ts';

type Stage = Awaited<ReturnType<typeof startChat>>;
type Request = readonly [method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string];
type Step = readonly [...Request, body: object | undefined, status: number];

const POLL = { question: 'Which?', choices: ['this', 'that'], durationS: 60 };

/** Each in its turn, as whoever may is answered; `messageId` is of a message. */
const stepsOf = (messageId: string): readonly Step[] => [
  ['GET', '/automod', undefined, 200],
  ['PATCH', '/automod', { level: 'strict' }, 200],
  ['GET', '/held', undefined, 200],
  ['POST', '/held/held_none/approve', undefined, 404],
  ['POST', '/held/held_none/deny', undefined, 404],
  ['PUT', '/shield', undefined, 200],
  ['DELETE', '/shield', undefined, 200],
  ['PUT', '/pin', { messageId }, 204],
  ['DELETE', '/pin', undefined, 204],
];
/** One after another would have to wait for the result of the one before. */
const POLLS: readonly Step[] = [
  ['POST', '/polls', POLL, 201],
  ['POST', '/polls/votes', { choice: 0 }, 204],
  ['POST', '/polls/end', undefined, 200],
];
const RAID: readonly Step[] = [
  ['POST', '/raid', { streamId: 'target' }, 201],
  ['DELETE', '/raid', undefined, 200],
];
const LINES = [
  ...['/held', '/approve held_none', '/deny held_none', '/shield', '/unshield', '/unpin'],
  ...['/pin msg_none', '/poll 60 Which? | this | that', '/vote 1', '/endpoll', '/raid target'],
  ...['/unraid', '/announce hear', '/me waves', '/slow 5', '/mods', '/help'],
];

/** A stream where `eve` moderates, and a message that may be pinned. */
async function start(context: TestContext) {
  const stage = await startChat(context);
  assert.equal((await stage.ask('ada', 'PATCH', '/settings', { slowModeS: 0 })).status, 200);
  const { json } = await stage.ask('bob', 'POST', '', { content: 'pin me' });
  assert.equal((await stage.ask('ada', 'PUT', '/members/usr_eve/roles/moderator', {})).status, 204);
  return { ...stage, steps: stepsOf(json.id) };
}

const take = async ({ ask }: Stage, who: string, steps: readonly Step[]) => {
  for (const [method, path, body, status] of steps) {
    const answer = await ask(who, method, path, body);
    assert.equal(
      answer.status,
      status,
      `${who}: ${method} ${path}: ${JSON.stringify(answer.json)}`,
    );
  }
};

/** Whether each is refused for who asks, and not for what is asked. */
const refuse = async ({ ask }: Stage, who: string, steps: readonly Step[]) => {
  for (const [method, path, body] of steps) {
    const { status, json } = await ask(who, method, path, body);
    assert.deepEqual([status, json.code], [403, 'forbidden'], `${who}: ${method} ${path}`);
  }
};

for (const [what, body] of [
  ['timed out', { durationS: 600 }],
  ['banned', {}],
] as const) {
  test(`a moderator who is ${what} has no part in filters, pins, polls and raids`, async (context) => {
    const stage = await start(context);
    await take(stage, 'eve', [...stage.steps, ...POLLS.slice(0, 1)]);
    await refuse(stage, 'eve', RAID);
    assert.equal((await stage.ask('ada', 'PUT', '/bans/usr_eve', body)).status, 200);
    await refuse(stage, 'eve', [...stage.steps, ...POLLS]);
    const code = what === 'banned' ? 'chat_banned' : 'chat_timed_out';
    for (const content of LINES) {
      const { status, json } = await stage.ask('eve', 'POST', '', { content });
      assert.deepEqual([status, json.code], [403, code], content);
    }
    const [open] = (await stage.ask('bob', 'GET', '/polls')).json.polls;
    const votes = open.choices.map((choice: { votes: number }) => choice.votes);
    assert.deepEqual([open.isOpen, votes], [true, [0, 0]]);
    assert.equal((await stage.ask('ada', 'DELETE', '/bans/usr_eve')).status, 204);
    await take(stage, 'eve', [...stage.steps, ...POLLS.slice(1)]);
  });
}

test('a viewer who is banned does not vote, and may again when that is over', async (context) => {
  const stage = await start(context);
  assert.equal((await stage.ask('ada', 'POST', '/polls', POLL)).status, 201);
  const vote = (who: string) => stage.ask(who, 'POST', '/polls/votes', { choice: 1 });
  assert.equal((await stage.ask('eve', 'PUT', '/bans/usr_bob', { durationS: 60 })).status, 200);
  const refused = await vote('bob');
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden']);
  assert.match(refused.json.detail, /^Cannot vote in chat of stream: you may not write/);
  assert.equal((await stage.ask('eve', 'DELETE', '/bans/usr_bob')).status, 204);
  assert.equal((await vote('bob')).status, 204);
  assert.equal((await vote('bob')).json.code, 'already_voted');
  assert.equal((await vote('nobody')).status, 401);
});

test('a ban takes the vote along at once, and lifted in time gives it back', async (context) => {
  const stage = await startChat(context);
  assert.equal((await stage.ask('ada', 'POST', '/polls', POLL)).status, 201);
  for (const who of ['bob', 'eve']) {
    const { status } = await stage.ask(who, 'POST', '/polls/votes', { choice: 1 });
    assert.equal(status, 204);
  }
  const counted = async (votes: number) => {
    const { json } = await stage.ask('nobody', 'GET', '/polls');
    return json.polls[0].choices[1].votes === votes;
  };
  await eventually(() => counted(2));
  const ban = (method: 'PUT' | 'DELETE') =>
    stage.ask('ada', method, '/bans/usr_eve', method === 'PUT' ? {} : undefined);
  assert.equal((await ban('PUT')).status, 200);
  assert.ok(await counted(1), 'at once');
  assert.equal((await ban('DELETE')).status, 204);
  assert.ok(await counted(2), 'as soon as it is lifted');
  await ban('PUT');
  assert.equal((await stage.ask('ada', 'POST', '/polls/end')).status, 200);
  await eventually(async () => {
    const { json } = await stage.ask('nobody', 'GET', '/polls');
    return json.polls[0].isOpen === false && json.polls[0].choices[1].votes === 1;
  });
});

test('filters, pins, polls and raids are for whoever moderates, and raids for whose chat it is', async (context) => {
  const stage = await start(context);
  const polling = POLLS.filter(([, path]) => path !== '/polls/votes');
  await refuse(stage, 'bob', [...stage.steps, ...polling, ...RAID]);
  for (const who of ['ada', 'root', 'operator']) await take(stage, who, [...stage.steps, ...RAID]);
  assert.equal((await stage.ask('ada', 'PUT', '/bans/usr_root', {})).status, 200);
  await take(stage, 'root', [...stage.steps, ...POLLS, ...RAID]);
  const { json } = await stage.ask('ada', 'PUT', '/bans/usr_ada', {});
  assert.equal(json.code, 'forbidden', 'nobody keeps the owner from writing');
  for (const [method, path] of [...stage.steps, ...POLLS, ...RAID]) {
    assert.equal((await stage.ask('nobody', method, path)).status, 401, path);
  }
});
