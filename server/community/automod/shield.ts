/** One call for a room under attack: closes it to strangers, and opens it again as it was. */
import type { ChatSettings } from '../../../contract/index.ts';
import type { Clock } from '../../base/index.ts';
import { type Actor, appendAudit, type Database, type Queryable } from '../../store/sql/index.ts';

/** Who attacks has an account of minutes, if any. */
const FOLLOWERS_ONLY_MINUTES = 10;
const SLOW_MODE_S = 30;

/** How a room is set, and what sets it on every server. */
export interface SettableRoom {
  readonly settings: ChatSettings;
  change(changes: Partial<ChatSettings>): Promise<ChatSettings>;
}

/** What a shield changes besides `shield` itself, by which filters are at their strictest. */
type Shielded = Pick<ChatSettings, 'followersOnlyMinutes' | 'slowModeS' | 'guestsMayPost'>;

/** See the top of the file. */
export class Shield {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Shields a room; one that is shielded stays so. Never opens what was closed further. */
  async raise(streamId: string, room: SettableRoom, actor: Actor): Promise<ChatSettings> {
    const { settings } = room;
    if (settings.shield) return settings;
    const { followersOnlyMinutes, slowModeS, guestsMayPost } = settings;
    const before: Shielded = { followersOnlyMinutes, slowModeS, guestsMayPost };
    await this.#record({ streamId, actor, action: 'chat.shield' }, async (transaction, at) => {
      await transaction.query(
        `insert into chat_shields (stream_id, settings_before, raised_at) values ($1, $2, $3)
         on conflict (stream_id) do update set settings_before = excluded.settings_before,
           raised_at = excluded.raised_at`,
        [streamId, JSON.stringify(before), at],
      );
    });
    return room.change({ shield: true, ...shielded(before) });
  }

  /** Takes the shield away; what somebody has set in the meantime stays as they set it. */
  async lift(streamId: string, room: SettableRoom, actor: Actor): Promise<ChatSettings> {
    if (!room.settings.shield) return room.settings;
    const [row] = await this.#database.query<{ readonly settings_before: Shielded }>(
      'select settings_before from chat_shields where stream_id = $1',
      [streamId],
    );
    const back = row === undefined ? {} : restored(room.settings, row.settings_before);
    const settings = await room.change({ shield: false, ...back });
    await this.#record({ streamId, actor, action: 'chat.unshield' }, async (transaction) => {
      await transaction.query('delete from chat_shields where stream_id = $1', [streamId]);
    });
    return settings;
  }

  async #record(
    what: { readonly streamId: string; readonly actor: Actor; readonly action: string },
    work: (transaction: Queryable, at: Date) => Promise<void>,
  ): Promise<void> {
    const { streamId, actor, action } = what;
    const at = new Date(this.#clock.epochMs());
    await this.#database.transaction(async (transaction) => {
      await work(transaction, at);
      const object = { objectKind: 'stream', objectId: streamId, changes: null };
      await appendAudit(transaction, { at, actor, action, ...object });
    });
  }
}

function shielded({ followersOnlyMinutes, slowModeS }: Shielded): Shielded {
  return {
    followersOnlyMinutes: Math.max(FOLLOWERS_ONLY_MINUTES, followersOnlyMinutes ?? 0),
    slowModeS: Math.max(SLOW_MODE_S, slowModeS),
    guestsMayPost: false,
  };
}

/** Of what the shield changed, that which is still as the shield made it. */
function restored(now: Shielded, before: Shielded): Partial<Shielded> {
  const made = shielded(before);
  return {
    ...(now.followersOnlyMinutes === made.followersOnlyMinutes && {
      followersOnlyMinutes: before.followersOnlyMinutes,
    }),
    ...(now.slowModeS === made.slowModeS && { slowModeS: before.slowModeS }),
    ...(now.guestsMayPost === made.guestsMayPost && { guestsMayPost: before.guestsMayPost }),
  };
}
