import { z } from 'zod';
import type { ReplayPlace } from '../../community/chat/index.ts';
import { type BanPlace, GIVEN_ROLES, type MemberPlace } from '../../community/moderation/index.ts';

const CURSOR = /^m(\d{1,12})\.(\d{1,15})$/;
const BAN_CURSOR = /^b(\d{1,14})\.([^\0]{1,100})$/;

const MEMBER_CURSOR = /^g(\d{1,14})\.([a-z]{1,20})\.([^\0]{1,100})$/;

/** Where a page of a broadcast's messages goes on. */
export const replayCursorSchema = z
  .string()
  .max(100)
  .transform((text, context): ReplayPlace => {
    const found = CURSOR.exec(Buffer.from(text, 'base64url').toString('latin1'));
    if (found !== null) return { streamTimeMs: Number(found[1]), seq: Number(found[2]) };
    context.addIssue({ code: 'custom', message: 'must be a next_cursor of this list' });
    return z.NEVER;
  })
  .optional()
  .meta({ description: '`next_cursor` of the page before.' });

/** The same place as a client is told it. */
export function replayCursorOf(next: ReplayPlace | null): string | null {
  if (next === null) return null;
  return Buffer.from(`m${next.streamTimeMs}.${next.seq}`).toString('base64url');
}

/** Where a list of bans goes on. */
export const banCursorSchema = z
  .string()
  .max(600)
  .transform((text, context): BanPlace => {
    const found = BAN_CURSOR.exec(Buffer.from(text, 'base64url').toString());
    const [, createdMs = '', authorId = ''] = found ?? [];
    if (found !== null) return { createdAt: new Date(Number(createdMs)), authorId };
    context.addIssue({ code: 'custom', message: 'must be a next_cursor of this list' });
    return z.NEVER;
  })
  .optional()
  .meta({ description: '`next_cursor` of the page before.' });

/** The same place as a client is told it. */
export function banCursorOf({ createdAt, authorId }: BanPlace): string {
  return Buffer.from(`b${createdAt.getTime()}.${authorId}`).toString('base64url');
}

/** Where a list of members goes on. */
export const memberCursorSchema = z
  .string()
  .max(600)
  .transform((text, context): MemberPlace => {
    const found = MEMBER_CURSOR.exec(Buffer.from(text, 'base64url').toString());
    const [, addedMs = '', named = '', authorId = ''] = found ?? [];
    const role = GIVEN_ROLES.find((each) => each === named);
    if (role !== undefined) return { addedAt: new Date(Number(addedMs)), authorId, role };
    context.addIssue({ code: 'custom', message: 'must be a next_cursor of this list' });
    return z.NEVER;
  })
  .optional()
  .meta({ description: '`next_cursor` of the page before.' });

/** The same place as a client is told it. */
export function memberCursorOf({ addedAt, role, authorId }: MemberPlace): string {
  return Buffer.from(`g${addedAt.getTime()}.${role}.${authorId}`).toString('base64url');
}
