import type { ChatAuthor, ChatFrame } from '../../../contract/index.ts';

/** How what stands in rooms speaks to them, on every server. Rejects when a room cannot be opened. */
export interface StageVoice {
  /** Sends everybody in the room a frame without a number. */
  tell(streamId: string, frame: ChatFrame): Promise<void>;
  /** Says that somebody arrives with viewers from another stream. */
  sayRaid(streamId: string, author: ChatAuthor, text: string): Promise<void>;
}
