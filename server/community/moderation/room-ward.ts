/**
 * One room's moderation on this server: who is what in it and who may not write, from memory, and
 * what its modes ask of a message.
 *
 * I1. What the database had when it was last read, and every standing told since, is held.
 * I2. An author is asked about in the database only where a mode asks who follows.
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  ChatAuthor,
  ChatFragment,
  ChatMessage,
  ChatRole,
  ChatSettings,
  ErrorCode,
} from '../../../contract/index.ts';
import type { ChatBar, ChatStanding } from '../../account/index.ts';
import type { Clock } from '../../base/index.ts';
import { isEmotesAlone, SaidLately } from './modes.ts';
import { type BanRecord, barOf, type MemberRecord } from './standing-table.ts';

/** Authors whose address, or whose following, is remembered. */
const MOST_AUTHORS = 20_000;
/** Bars up to here are not looked through for timeouts that are over. */
const FEW_BARS = 1_000;
const NO_ROLES: readonly ChatRole[] = [];

/** A message that somebody wants to say. */
export interface Attempt {
  readonly author: ChatAuthor;
  readonly isGuest: boolean;
  readonly fragments: readonly ChatFragment[];
  readonly settings: ChatSettings;
  readonly address: string | undefined;
}

/** Why it may not be said. */
export interface AttemptRefusal {
  readonly refused: ErrorCode;
  readonly detail: string;
  readonly retryAfterMs?: number;
}

/** Who is given or denied what in the room. */
export interface StoredStandings {
  readonly members: readonly MemberRecord[];
  readonly bans: readonly BanRecord[];
}

/** What a ward needs. */
export interface WardParts {
  readonly clock: Clock;
  /** What the database has. Rejects when it cannot be asked. */
  readonly read: () => Promise<StoredStandings>;
  /** Names a network so that it cannot be told from its name; undefined: it tells nobody apart. */
  readonly hashOf: (address: string) => string | undefined;
  /** Milliseconds since the Unix epoch; null: does not follow. */
  readonly followedAtMs: (authorId: string) => Promise<number | null>;
  /** Somebody writes from where a banned author wrote; told once. */
  readonly flag: (author: ChatAuthor, bannedName: string) => void;
  /** It has become known from where a banned author wrote. */
  readonly located: (authorId: string, hash: string) => void;
}

/** See the top of the file. */
export class RoomWard {
  readonly #parts: WardParts;
  readonly #roles = new Map<string, readonly ChatRole[]>();
  readonly #bars = new Map<string, ChatBar>();
  /** With more bars than this it is time to forget those that are over. */
  #manyBars = FEW_BARS;
  /** Who is banned, by the network they wrote from: several may be of the same one. */
  readonly #bannedAt = new Map<string, Map<string, string>>();
  /** By author; oldest first. */
  readonly #hashes = new Map<string, string>();
  readonly #followed = new Map<string, number | null>();
  readonly #flagged = new Map<string, true>();
  readonly #said = new SaidLately();
  /** Authors of whom something was told while the database is asked. */
  #heard: Set<string> | undefined;

  private constructor(parts: WardParts) {
    this.#parts = parts;
  }

  /** A ward with what the database has. Rejects when it cannot be asked. */
  static async open(parts: WardParts): Promise<RoomWard> {
    const ward = new RoomWard(parts);
    await ward.reread();
    return ward;
  }

  /** See the chat's `Ward`; to be called again only when it has ended. */
  async reread(): Promise<readonly string[]> {
    const heard = new Set<string>();
    this.#heard = heard;
    const { members, bans } = await this.#parts.read().finally(() => {
      this.#heard = undefined;
    });
    const roles = Map.groupBy(members, ({ authorId }) => authorId);
    const bars = new Map(bans.map((ban) => [ban.authorId, barOf(ban)]));
    const all = [roles, bars, this.#roles, this.#bars].flatMap((map) => [...map.keys()]);
    const changed: string[] = [];
    // What was told meanwhile is newer than what was read.
    for (const authorId of new Set(all).difference(heard)) {
      const given = (roles.get(authorId) ?? []).map(({ role }) => role);
      if (this.#set(authorId, given, bars.get(authorId) ?? null)) changed.push(authorId);
    }
    this.#followed.clear();
    return changed;
  }

  rolesOf(authorId: string): readonly ChatRole[] {
    return this.#roles.get(authorId) ?? NO_ROLES;
  }

  barOf(authorId: string): ChatBar | undefined {
    const bar = this.#bars.get(authorId);
    if (bar === undefined || bar.untilMs === null) return bar;
    if (bar.untilMs > this.#parts.clock.epochMs()) return bar;
    this.#bars.delete(authorId);
    return undefined;
  }

  hear(authorId: string, { roles, bar, followedAtMs }: ChatStanding): void {
    this.#heard?.add(authorId);
    this.#set(authorId, roles, bar);
    keep(this.#followed, authorId, followedAtMs);
    const hash = this.#hashes.get(authorId);
    const isNew = bar?.untilMs === null && bar.addressHash === null && hash !== undefined;
    if (isNew) this.#parts.located(authorId, hash);
  }

  saw({ fragments }: ChatMessage): void {
    this.#said.add(fragments, this.#parts.clock.monotonicMs());
  }

  /** See the chat's `MayPost`; bound, since it is handed on. */
  readonly mayPost = (
    attempt: Attempt,
  ): AttemptRefusal | undefined | Promise<AttemptRefusal | undefined> => {
    const { author, address } = attempt;
    const bar = this.barOf(author.id);
    if (address !== undefined) this.#locate(author, address, bar !== undefined);
    if (bar !== undefined) return this.#barred(bar);
    const { roles } = author;
    if (roles.includes('broadcaster') || roles.includes('moderator')) return undefined;
    return this.#moded(attempt);
  };

  /** Whether that is another standing than before. */
  #set(authorId: string, roles: readonly ChatRole[], bar: ChatBar | null): boolean {
    const before = [this.rolesOf(authorId).toSorted(), this.#bars.get(authorId) ?? null];
    if (roles.length === 0) this.#roles.delete(authorId);
    else this.#roles.set(authorId, roles);
    this.#setBar(authorId, bar);
    return !isDeepStrictEqual(before, [roles.toSorted(), bar]);
  }

  #setBar(authorId: string, bar: ChatBar | null): void {
    const before = this.#bars.get(authorId)?.addressHash ?? '';
    const banned = this.#bannedAt.get(before);
    banned?.delete(authorId);
    if (banned?.size === 0) this.#bannedAt.delete(before);
    if (bar === null) {
      this.#bars.delete(authorId);
      return;
    }
    this.#bars.set(authorId, bar);
    if (this.#bars.size > this.#manyBars) this.#forgetBars();
    const { addressHash, authorName } = bar;
    if (addressHash === null) return;
    const there = this.#bannedAt.get(addressHash) ?? new Map<string, string>();
    this.#bannedAt.set(addressHash, there.set(authorId, authorName));
  }

  /** Timeouts that are over, whose authors have not come back since. */
  #forgetBars(): void {
    for (const authorId of [...this.#bars.keys()]) this.barOf(authorId);
    this.#manyBars = Math.max(FEW_BARS, 2 * this.#bars.size);
  }

  #barred({ untilMs }: ChatBar): AttemptRefusal {
    if (untilMs === null) {
      return { refused: 'chat_banned', detail: 'Cannot post: you are banned from this chat' };
    }
    const retryAfterMs = Math.max(1, untilMs - this.#parts.clock.epochMs());
    const wait = Math.ceil(retryAfterMs / 1000);
    const detail = `Cannot post: you are timed out for ${wait} s more`;
    return { refused: 'chat_timed_out', detail, retryAfterMs };
  }

  #locate(author: ChatAuthor, address: string, isBarred: boolean): void {
    const hash = this.#parts.hashOf(address);
    if (hash === undefined) return;
    keep(this.#hashes, author.id, hash);
    const [bannedName] = this.#bannedAt.get(hash)?.values() ?? [];
    if (isBarred || bannedName === undefined || this.#flagged.has(author.id)) return;
    keep(this.#flagged, author.id, true);
    this.#parts.flag(author, bannedName);
  }

  #moded(attempt: Attempt): AttemptRefusal | undefined | Promise<AttemptRefusal | undefined> {
    const { author, settings, isGuest } = attempt;
    const isTrusted = author.roles.includes('vip') || author.roles.includes('subscriber');
    if (settings.subscribersOnly && !isTrusted) {
      return { refused: 'subscribers_only', detail: 'Cannot post: only subscribers may write now' };
    }
    const { followersOnlyMinutes: minutes } = settings;
    if (minutes === null || author.roles.includes('vip')) return this.#worded(attempt);
    const judge = (sinceMs: number | null): AttemptRefusal | undefined =>
      this.#notFollowing(sinceMs, minutes) ?? this.#worded(attempt);
    const known = isGuest ? null : this.#followed.get(author.id);
    if (known !== undefined) return judge(known);
    return this.#parts.followedAtMs(author.id).then((sinceMs) => {
      keep(this.#followed, author.id, sinceMs);
      return judge(sinceMs);
    });
  }

  #notFollowing(sinceMs: number | null, minutes: number): AttemptRefusal | undefined {
    const waitMs = sinceMs === null ? undefined : sinceMs + minutes * 60_000;
    const nowMs = this.#parts.clock.epochMs();
    if (waitMs !== undefined && waitMs <= nowMs) return undefined;
    const long =
      minutes === 0 ? 'follows this stream' : `has followed this stream for ${minutes} min`;
    const detail = `Cannot post: only who ${long} may write`;
    const refused = 'followers_only';
    return waitMs === undefined
      ? { refused, detail }
      : { refused, detail, retryAfterMs: waitMs - nowMs };
  }

  /** What the modes say about the words themselves. */
  #worded({ fragments, settings }: Attempt): AttemptRefusal | undefined {
    if (settings.emoteOnly && !isEmotesAlone(fragments)) {
      return { refused: 'emote_only', detail: 'Cannot post: only emotes and emoji for now' };
    }
    if (!settings.uniqueChat) return undefined;
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#said.has(fragments, nowMs)) {
      const detail = 'Cannot post: the same was said here lately; say something else';
      return { refused: 'message_repeated', detail };
    }
    // At once, so that two do not both get through.
    this.#said.add(fragments, nowMs);
    return undefined;
  }
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_AUTHORS) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
