/**
 * The filters of all rooms: decides whether a message gets in, waits for a moderator, or is refused.
 * Settings are read when a room opens and again when somebody changed them, here or elsewhere, so
 * that a message is judged from memory.
 */
import type {
  AutomodAction,
  AutomodSettings,
  ChatAuthor,
  ChatFragment,
  ChatSettings,
} from '../../../contract/index.ts';
import type { Clock } from '../../base/index.ts';
import type { Actor } from '../../store/sql/index.ts';
import type { AutomodStore } from './automod-store.ts';
import { domainOf, foreignHost } from './link-rule.ts';
import { TermMatcher } from './term-matcher.ts';

/** Nodes of the matchers in memory, about 300 MB of them: those used longest ago are made again. */
const MOST_NODES = 2_000_000;
/** Filters in memory, likewise: most look for nothing, and their rooms are closed. */
const MOST_FILTERS = 5_000;

/** A message that wants to get in. */
export interface JudgedPost {
  readonly streamId: string;
  readonly author: ChatAuthor;
  readonly fragments: readonly ChatFragment[];
  readonly settings: ChatSettings;
}

/** What is wrong with a message, and what becomes of it. */
export interface Finding {
  readonly action: AutomodAction;
  /** For moderators. */
  readonly reason: string;
}

interface Filter {
  readonly settings: AutomodSettings;
  readonly matcher: TermMatcher;
  readonly domains: ReadonlySet<string>;
}

/** See the top of the file. */
export class Automod {
  readonly #store: Pick<AutomodStore, 'load' | 'save'>;
  readonly #clock: Clock;
  /** Used longest ago first. */
  readonly #filters = new Map<string, Filter>();
  #nodes = 0;

  constructor(store: Pick<AutomodStore, 'load' | 'save'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** How a room's filter is set. Rejects when the database cannot be asked. */
  async settings(streamId: string): Promise<AutomodSettings> {
    return (await this.#filter(streamId)).settings;
  }

  /** Sets the filter. Terms have no `termProblem`, and domains are such. */
  async change(
    streamId: string,
    changes: Partial<AutomodSettings>,
    actor: Actor,
  ): Promise<AutomodSettings> {
    const settings = { ...(await this.#store.load(streamId)), ...changes };
    const at = new Date(this.#clock.epochMs());
    await this.#store.save(streamId, settings, { actor, at });
    this.#put(streamId, filterOf(settings));
    return settings;
  }

  /** Reads the settings again: the room opens, or they were changed. Rejects likewise. */
  async refresh(streamId: string): Promise<void> {
    this.#put(streamId, filterOf(await this.#store.load(streamId)));
  }

  /** What is wrong with a message; undefined: nothing. */
  async judge(post: JudgedPost): Promise<Finding | undefined> {
    const { roles } = post.author;
    if (roles.includes('moderator') || roles.includes('broadcaster')) return undefined;
    const known = this.#filters.get(post.streamId);
    if (known !== undefined) this.#touch(post.streamId, known);
    const found = findingOf(known ?? (await this.#filter(post.streamId)), post);
    // In a storm nobody could go through what waits.
    return found !== undefined && post.settings.shield ? { ...found, action: 'block' } : found;
  }

  async #filter(streamId: string): Promise<Filter> {
    const known = this.#filters.get(streamId);
    if (known !== undefined) return known;
    const filter = filterOf(await this.#store.load(streamId));
    this.#put(streamId, filter);
    return filter;
  }

  #touch(streamId: string, filter: Filter): void {
    this.#filters.delete(streamId);
    this.#filters.set(streamId, filter);
  }

  #put(streamId: string, filter: Filter): void {
    this.#nodes += filter.matcher.size - (this.#filters.get(streamId)?.matcher.size ?? 0);
    this.#touch(streamId, filter);
    for (const [other, { matcher }] of this.#filters) {
      const isFull = this.#nodes > MOST_NODES || this.#filters.size > MOST_FILTERS;
      if (!isFull || other === streamId) break;
      this.#filters.delete(other);
      this.#nodes -= matcher.size;
    }
  }
}

function filterOf(settings: AutomodSettings): Filter {
  const domains = settings.domains.flatMap((domain) => domainOf(domain) ?? []);
  return { settings, matcher: new TermMatcher(settings.terms), domains: new Set(domains) };
}

function findingOf(
  { settings, matcher, domains }: Filter,
  { fragments, settings: { shield } }: JudgedPost,
): Finding | undefined {
  const { level, links } = settings;
  let held: Finding | undefined;
  if (level !== 'off' || shield) {
    const text = fragments.map((fragment) => fragment.text).join('');
    const term = matcher.find(text, { isStrict: shield || level === 'strict' });
    if (term !== undefined) held = { action: term.action, reason: `term ${term.text}` };
    if (held?.action === 'block') return held;
  }
  if (links === 'allow' && !shield) return held;
  const host = foreignHost(fragments, domains);
  if (host === undefined) return held;
  const action = links === 'allow' ? 'block' : links;
  return action === 'block'
    ? { action, reason: `link to ${host}` }
    : (held ?? { action, reason: `link to ${host}` });
}
