/** One stream's chat on two servers, for tests. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { AutomodSettings, ChatAuthor, ChatFrame } from '../../../contract/index.ts';
import { ManualClock, silentLog } from '../../base/index.ts';
import {
  Chat,
  LocalBus,
  MessageKeeper,
  OPEN_WARD,
  SqlChatStore,
} from '../../community/chat/index.ts';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { ChatStage } from './chat-stage.ts';
import { runOf } from './command.ts';
import { CommandTable } from './command-table.ts';
import { stageCommands } from './stage-commands.ts';

/** The database of both. */
export const database = await testDatabase();
/** A viewer. */
export const ANNA: ChatAuthor = { id: 'usr_anna', name: 'Anna', roles: [] };
/** A moderator. */
export const MOD: ChatAuthor = { id: 'usr_mod', name: 'Mod', roles: ['moderator'] };
/** For the audit log. */
export const ACTOR = { kind: 'operator', id: null, remoteAddress: null } as const;

/** One stream on two servers. */
export async function twoServers() {
  const clock = new ManualClock();
  const bus = new LocalBus(() => 'e');
  const streamId = `s${randomBytes(6).toString('hex')}`;
  await database.query(
    `insert into streams (id, broadcaster_id, title, status, created_at, updated_at)
     values ($1, 'usr_ada', 'Title', 'idle', now(), now())`,
    [streamId],
  );
  /** What each of the two was told. */
  const told: ChatFrame[] = [];
  const onAir = new Set(['target']);
  const shared = { clock, bus, streamId, told, onAir };
  const nodes = [serverOf(shared), serverOf(shared)] as const;
  for (const { room } of nodes) await (await room()).change({ slowModeS: 0 });
  const texts = async (id = streamId) => {
    const recent = (await nodes[1].room(id)).recent(10);
    return recent.map(({ fragments }) => fragments.map((each) => each.text).join(''));
  };
  return { clock, streamId, nodes, told, texts, onAir };
}

interface Shared {
  readonly clock: ManualClock;
  readonly bus: LocalBus;
  readonly streamId: string;
  readonly told: ChatFrame[];
  /** What may be raided. */
  readonly onAir: Set<string>;
}

function serverOf({ clock, bus, streamId, told, onAir }: Shared) {
  const store = new SqlChatStore(database);
  const stage: ChatStage = new ChatStage({
    ...{ database, clock, log: silentLog },
    roomOf: (id) => chat.room(id),
    liveStream: (id) => (onAir.has(id) ? { streamId: id, title: 'Target' } : undefined),
  });
  const commands = new CommandTable(stageCommands(stage));
  const chat: Chat = new Chat({
    ...{ clock, store, bus, randomBytes, log: silentLog, random: () => 0 },
    nextTurn: (task) => task(),
    yieldTo: (task) => task(),
    keeper: new MessageKeeper({ store, clock, log: silentLog }),
    mayPost: (attempt) => stage.filters.mayPost(attempt),
    stage: {
      load: (id) => stage.load(id),
      heard: (id, frame) => {
        told.push(frame);
        stage.heard(id, frame);
      },
      saw: (id, entry) => stage.saw(id, entry),
    },
    openWard: async () => OPEN_WARD,
    runCommand: async (call) => commands.run(runOf(call, await room())),
    emoteOf: () => undefined,
    onAir: () => undefined,
    guestKey: randomBytes(32),
  });
  const room = async (id = streamId) => {
    const opened = await chat.room(id);
    assert.ok(opened !== undefined);
    return opened;
  };
  const say = async (text: string, author = ANNA, isGuest = false, replyTo?: string) => {
    const post = { author, isGuest, text, nonce: null, replyTo };
    const posted = await (await room()).post(post);
    if ('commanded' in posted) return posted.commanded;
    return 'refused' in posted ? posted.refused : 'posted';
  };
  const set = async (changes: Partial<AutomodSettings>) => {
    await stage.filters.automod.change(streamId, changes, ACTOR);
    await (await room()).tell({ type: 'automod' }, 'moderators');
  };
  return { stage, filters: stage.filters, room, say, set };
}

/** Waits for what a server does by itself. */
export async function eventually(check: () => Promise<boolean> | boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!(await check())) {
    assert.ok(performance.now() < endMs, 'it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
