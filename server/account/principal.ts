import type { Role, Scope } from '../../contract/index.ts';
import type { Actor } from '../store/sql/index.ts';

/** Who asks. */
export type Principal =
  /** Nobody known. */
  | { readonly kind: 'anonymous' }
  /** Whoever bears API_TOKEN, or sits at this machine while the server has no account yet. */
  | {
      readonly kind: 'operator';
      /** Known by sitting at this machine alone: may not touch people, tokens and the like. */
      readonly isLocal?: true;
    }
  | {
      readonly kind: 'user';
      readonly userId: string;
      readonly role: Role;
      /** SHA-256 of the session's secret. */
      readonly sessionHash: string;
    }
  | {
      readonly kind: 'token';
      readonly tokenId: string;
      readonly userId: string;
      readonly role: Role;
      readonly scopes: readonly Scope[];
    };

/** How the audit log names who asks from `remoteAddress`. */
export function actorOf(principal: Principal, remoteAddress: string | null): Actor {
  switch (principal.kind) {
    case 'user':
      return { kind: 'user', id: principal.userId, remoteAddress };
    case 'token':
      return { kind: 'token', id: principal.tokenId, remoteAddress };
    case 'operator':
      return { kind: 'operator', id: null, remoteAddress };
    case 'anonymous':
      return { kind: 'system', id: null, remoteAddress };
  }
}
