/** Who people of this server are in a chat. */
import type { ChatRole, Role } from '../../../contract/index.ts';
import type { Accounts, Principal } from '../../account/index.ts';
import { type Bearer, cleanLine, type Member } from '../../community/chat/index.ts';

/** What an account is in the chat of a stream, before the stream gives it more. */
export function accountRoles(
  { id, role }: { readonly id: string; readonly role: Role },
  ownerId: string,
): readonly ChatRole[] {
  const roles: ChatRole[] = [];
  if (id === ownerId) roles.push('broadcaster');
  if (role === 'admin' || role === 'moderator') roles.push('moderator');
  return roles;
}

/** Whoever is signed in, as a member of a chat. `principal` must not be anonymous. */
export async function memberOf(
  accounts: Accounts,
  principal: Principal,
  ownerId: string,
): Promise<Member> {
  const bearer = bearerOf(principal);
  if (!('userId' in principal)) {
    const author = { id: 'operator', name: 'Operator', roles: ['moderator'] as const };
    return { author, isAdmin: true, bearer };
  }
  const { userId: id, role } = principal;
  const user = await accounts.users.get(id);
  const name = cleanLine(user?.displayName ?? id);
  const author = { id, name, roles: accountRoles({ id, role }, ownerId) };
  return { author, isAdmin: role === 'admin', bearer };
}

/** By what a principal is signed in. */
export function bearerOf(principal: Principal): Bearer {
  switch (principal.kind) {
    case 'user':
      return { kind: 'session', idHash: principal.sessionHash, userId: principal.userId };
    case 'token':
      return { kind: 'token', id: principal.tokenId };
    default:
      return { kind: 'operator' };
  }
}
