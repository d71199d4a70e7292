import { CHAT_ROLES, type ChatAuthor, type ChatRole } from '../../../contract/index.ts';

/** Whether the author may moderate: a room's modes do not hold for who does. */
export function isModerator({ roles }: Pick<ChatAuthor, 'roles'>): boolean {
  return roles.includes('moderator') || roles.includes('broadcaster');
}

/** Both lists in one, each role once, the highest first. */
export function mergeRoles(
  some: readonly ChatRole[],
  more: readonly ChatRole[],
): readonly ChatRole[] {
  if (more.length === 0) return some;
  return CHAT_ROLES.filter((role) => some.includes(role) || more.includes(role));
}
