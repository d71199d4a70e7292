/** @module Chat as the application has it: rooms joined to accounts, streams, commands and sockets. */
export { chatCommands } from './all-commands.ts';
export { ChatDesk, type OnDuty } from './chat-desk.ts';
export { ChatFace, type ChatTally } from './chat-face.ts';
export { ChatFollower } from './chat-follower.ts';
export { ChatStage } from './chat-stage.ts';
export { type Rank, runOf } from './command.ts';
export type { CommandTable } from './command-table.ts';
export { IrcFace } from './irc-face.ts';
export { bearerOf, memberOf } from './people.ts';
export { POLL_LIMITS } from './stage-commands.ts';
