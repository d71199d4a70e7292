/** What somebody is in one stream's chat, besides what the account brings. */
import type { ChatRole } from '../../contract/index.ts';

/** That somebody may not write. */
export interface ChatBar {
  /** Milliseconds since the Unix epoch; null: until it is lifted. */
  readonly untilMs: number | null;
  readonly authorName: string;
  /** Names the network that a banned author wrote from; null: not known, or a timeout. */
  readonly addressHash: string | null;
}

/** See the top of the file; JSON, as it goes from server to server. */
export interface ChatStanding {
  readonly roles: readonly ChatRole[];
  readonly bar: ChatBar | null;
  /** Milliseconds since the Unix epoch since when the stream is followed; null: it is not. */
  readonly followedAtMs: number | null;
}
