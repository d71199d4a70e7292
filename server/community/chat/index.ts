/** @module The chat of streams: rooms, what is said in them, and the sockets that read it. */
export { EMPTY_STAGE, type Stage } from './board.ts';
export { type Bus, LocalBus } from './bus.ts';
export { Chat } from './chat.ts';
export { ChatDoor, type ChatPlace, isOwnOrigin } from './chat-door.ts';
export { type ChatExport, exportChat } from './chat-export.ts';
export { ChatReplay, type ReplayPlace } from './chat-replay.ts';
export { SqlChatStore } from './chat-store.ts';
export { cleanLine } from './clean-text.ts';
export type { MayPost, PostAttempt, PostRefusal } from './may-post.ts';
export type { MediaMoment } from './media-moment.ts';
export { MessageKeeper } from './message-keeper.ts';
export {
  actorOfSpeaker,
  type Bearer,
  type CommandCall,
  type Posted,
  type PostOutcome,
  type RunCommand,
} from './post.ts';
export { RedisBus } from './redis-bus.ts';
export { isModerator } from './roles.ts';
export type { Room } from './room.ts';
export type { Member } from './tickets.ts';
export { OPEN_WARD, type OpenWard, type Ward } from './ward.ts';
