/** Who may do what: one table, and one question to it. */
import type { Role, Scope } from '../../contract/index.ts';
import type { Principal } from './principal.ts';

/** What may be asked of the server, apart from what everybody may. */
export type Action = keyof typeof RULES;

/**
 * `allowed`; `unauthorized`: perhaps, if it were known who asks (401); `forbidden`: known and not
 * enough (403); `hidden`: may not even know that the object is there (404).
 */
export type Verdict = 'allowed' | 'unauthorized' | 'forbidden' | 'hidden';

interface Rule {
  /** Roles that may do it to whatever there is. */
  readonly any: readonly Role[];
  /** Roles that may do it to what is their own. */
  readonly own: readonly Role[];
  /** What a token needs, any one of them; `admin` always does. */
  readonly scopes: readonly Scope[];
  /** Whether the object of somebody else is kept a secret from who may not do this to it. */
  readonly isHidden: boolean;
  /** Whether the operator may; a person's own account is nobody else's. */
  readonly operator: 'always' | 'by-token' | 'never';
  /** Only a person who signed in: else a token could make itself another with more rights. */
  readonly isPersonal?: boolean;
}

const EVERYONE: readonly Role[] = ['admin', 'broadcaster', 'moderator', 'viewer'];

const RULES = {
  'stream.list': rule(['admin', 'broadcaster', 'moderator'], [], ['streams:read', 'streams:write']),
  'stream.create': rule(['admin'], ['broadcaster'], ['streams:write']),
  'stream.write': rule(['admin'], ['broadcaster'], ['streams:write']),
  /** How it fares, as only those who answer for it need to know. */
  'stream.inspect': rule(
    ['admin', 'moderator'],
    ['broadcaster'],
    ['streams:read', 'streams:write'],
  ),
  'key.read': rule(['admin'], ['broadcaster'], ['streams:read', 'keys:write']),
  'key.write': rule(['admin'], ['broadcaster'], ['keys:write']),
  'event.read': { ...rule(['admin'], ['broadcaster'], ['events:read']), isHidden: true },
  'webhook.read': { ...rule(['admin'], ['broadcaster'], ['webhooks:write']), isHidden: true },
  'webhook.write': { ...rule(['admin'], ['broadcaster'], ['webhooks:write']), isHidden: true },
  /** In the own name; in somebody else's, see `chat.speak`. */
  'chat.post': rule(EVERYONE, [], ['chat:write']),
  /** Messages in the name of whoever a program says. */
  'chat.speak': rule(['admin'], ['broadcaster'], ['chat:write']),
  /** Messages in the name of somebody that this server knows, who has not said them. */
  'chat.speak.known': rule(['admin'], [], ['chat:write']),
  /** All that was said, also long ago. */
  'chat.export': rule(['admin'], ['broadcaster'], ['chat:read']),
  /** Of a person: the operator is nobody who could follow. */
  'stream.follow': { ...rule(EVERYONE, [], ['chat:write']), operator: 'never' },
  'audit.read': { ...rule(['admin'], [], []), operator: 'by-token' },
  'settings.write': { ...rule(['admin'], [], []), operator: 'by-token' },
  'user.read': { ...rule(['admin'], [], []), isHidden: true, operator: 'by-token' },
  /** A stolen token must not become an administrator who stays. */
  'user.write': {
    ...rule(['admin'], [], []),
    isHidden: true,
    operator: 'by-token',
    isPersonal: true,
  },
  'account.read': { ...rule([], EVERYONE, []), isHidden: true, operator: 'never' },
  'account.write': {
    ...rule([], EVERYONE, []),
    isHidden: true,
    operator: 'never',
    isPersonal: true,
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** All actions, for tests and documents that must leave none out. */
export const ACTIONS = Object.keys(RULES).filter((name) => isAction(name));

/**
 * Whether `principal` may do `action`. `ownerId` is whose object it is done to: a user's id, or
 * whatever an operator calls an owner; without one, the question is whether it may do it to
 * anything at all, of its own at least.
 */
export function mayDo(principal: Principal, action: Action, ownerId?: string): Verdict {
  const rule: Rule = RULES[action];
  if (principal.kind === 'anonymous') return 'unauthorized';
  if (principal.kind === 'operator') return operatorVerdict(rule, principal.isLocal === true);
  if (principal.kind === 'token') {
    if (rule.isPersonal) return 'forbidden';
    const { scopes } = principal;
    const isWithin = scopes.includes('admin') || rule.scopes.some((each) => scopes.includes(each));
    if (!isWithin) return 'forbidden';
  }
  const { role, userId } = principal;
  if (rule.any.includes(role)) return 'allowed';
  if (!rule.own.includes(role)) return 'forbidden';
  if (ownerId === undefined || ownerId === userId) return 'allowed';
  return rule.isHidden ? 'hidden' : 'forbidden';
}

/** Who may do an action, for whoever is to be told. */
export type ActionRule = Readonly<
  Pick<Rule, 'any' | 'own' | 'scopes'> & {
    readonly isPersonal: boolean;
    /** Whether whoever holds API_TOKEN may, and with it whoever sits at a server without accounts. */
    readonly operator: Rule['operator'];
  }
>;

/** The rule of an action. */
export function ruleOf(action: Action): ActionRule {
  const { any, own, scopes, operator, isPersonal = false }: Rule = RULES[action];
  return { any, own, scopes, operator, isPersonal };
}

/** Loopback is no proof of who someone is: with people on board, it counts for nothing of theirs. */
function operatorVerdict({ operator }: Rule, isLocal: boolean): Verdict {
  if (operator === 'never') return 'forbidden';
  return isLocal && operator === 'by-token' ? 'unauthorized' : 'allowed';
}

function isAction(name: string): name is Action {
  return Object.hasOwn(RULES, name);
}

function rule(any: readonly Role[], own: readonly Role[], scopes: readonly Scope[]): Rule {
  return { any, own, scopes, isHidden: false, operator: 'always' };
}
