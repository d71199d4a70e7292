/** What the routes of chat share: the room that is meant, and messages as they are answered. */
import type { ChatMessage, Refusal } from '../../../contract/index.ts';
import type { Accounts } from '../../account/index.ts';
import type { Chat, ChatPlace, ChatReplay } from '../../community/chat/index.ts';
import type { ChatDesk, ChatStage, CommandTable } from '../chat/index.ts';
import { unknownObject } from './access.ts';

/** What the chat routes need of the application. */
export interface ChatRouteSettings {
  readonly chat: Chat;
  readonly replay: ChatReplay;
  readonly stage: ChatStage;
  readonly accounts: Accounts;
  readonly commands: CommandTable;
  readonly desk: ChatDesk;
  /** Undefined where no stream is. */
  readonly placeOf: (streamId: string) => Promise<ChatPlace | undefined>;
}

/** A copy that the schemas of answers may hold. */
export function viewOf({ author, fragments, ...rest }: ChatMessage) {
  return { ...rest, author: { ...author, roles: [...author.roles] }, fragments: [...fragments] };
}

/** The stream's place and its room, or why there is none. `verb` is what is to be done. */
export async function roomOf({ chat, placeOf }: ChatRouteSettings, verb: string, id: string) {
  const place = await placeOf(id);
  if (place === undefined) return unknownObject('stream', verb, id);
  const room = await chat.room(id);
  if (room !== undefined) return { room, ...place };
  const refusal: Refusal = { refused: 'chat_unavailable', detail: `Cannot ${verb}: too many are` };
  return refusal;
}
