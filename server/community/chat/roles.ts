import type { ChatAuthor } from '../../../contract/index.ts';

/** Whether the author may moderate: a room's modes do not hold for who does. */
export function isModerator({ roles }: Pick<ChatAuthor, 'roles'>): boolean {
  return roles.includes('moderator') || roles.includes('broadcaster');
}
