/** The chat of one server with all that the application joins to it, for tests. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { systemClock as clock, silentLog } from '../../base/index.ts';
import {
  type Bus,
  Chat,
  MessageKeeper,
  type Room,
  SqlChatStore,
} from '../../community/chat/index.ts';
import { Moderation } from '../../community/moderation/index.ts';
import type { Database } from '../../store/sql/index.ts';
import { chatCommands } from './all-commands.ts';
import { ChatDesk, type ChatDeskParts } from './chat-desk.ts';
import { ChatStage, type ChatStageSettings } from './chat-stage.ts';
import { runOf } from './command.ts';

/** What it is made from; the clock is the machine's. */
export interface WholeChatSettings extends Pick<ChatDeskParts, 'accounts' | 'placeOf'> {
  readonly database: Database;
  readonly bus: Bus;
  /** Default: nothing is on air, and nowhere to be taken to. */
  readonly onAir?: ConstructorParameters<typeof Chat>[0]['onAir'];
  readonly liveStream?: ChatStageSettings['liveStream'];
}

/** See the top of the file. `close` is called when the test has ended, too. */
export function wholeChat(
  context: TestContext,
  { database, bus, accounts, placeOf, onAir, liveStream }: WholeChatSettings,
) {
  const log = silentLog;
  const store = new SqlChatStore(database);
  const roomOf = async (id: string): Promise<Room> => (await chat.room(id)) ?? assert.fail();
  const stage = new ChatStage({
    ...{ database, clock, log, liveStream: liveStream ?? (() => undefined) },
    roomOf: (id) => chat.room(id),
  });
  const chat: Chat = new Chat({
    ...{ clock, store, log, bus, randomBytes, random: Math.random, stage },
    ...{ nextTurn: setImmediate, yieldTo: setImmediate },
    keeper: new MessageKeeper({ store, clock, log }),
    openWard: (id) => moderation.openWard(id),
    mayPost: (attempt) => stage.filters.mayPost(attempt),
    runCommand: async (call) => commands.run(runOf(call, await roomOf(call.streamId))),
    emoteOf: () => undefined,
    onAir: onAir ?? (() => undefined),
    guestKey: randomBytes(32),
  });
  const addressKey = randomBytes(32);
  const moderation = new Moderation({ database, clock, log, roomOf, addressKey });
  const desk = new ChatDesk({ chat, moderation, accounts, placeOf });
  const commands = chatCommands(desk, stage);
  const close = async (): Promise<void> => {
    await stage.close();
    await chat.close();
  };
  context.after(close);
  return { chat, stage, desk, commands, store, roomOf, close };
}
