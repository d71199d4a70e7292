/** @module The chat of streams: rooms, what is said in them, and the sockets that read it. */
export { type Bus, LocalBus } from './bus.ts';
export { Chat } from './chat.ts';
export { ChatDoor, type ChatPlace } from './chat-door.ts';
export { exportChat } from './chat-export.ts';
export { ChatReplay, type ReplayPlace } from './chat-replay.ts';
export { SqlChatStore } from './chat-store.ts';
export { cleanLine } from './clean-text.ts';
export { MessageKeeper } from './message-keeper.ts';
export type { MediaMoment, Posted } from './room.ts';
